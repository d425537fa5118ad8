// OpenSSL 3 for Swift: the headers Lola uses, and as inline functions the macros that Swift cannot import.
#ifndef LOLA_CSSL_H
#define LOLA_CSSL_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

// MARK: Keys and key derivation

// An encrypted PEM must fail, never ask on the terminal.
static inline int lola_no_password(char *buffer, int size, int writing, void *user) {
    (void)buffer; (void)size; (void)writing; (void)user;
    return -1;
}

static inline EVP_PKEY *lola_pem_private_key(BIO *bio) {
    return PEM_read_bio_PrivateKey(bio, NULL, lola_no_password, NULL);
}

static inline EVP_PKEY *lola_pem_public_key(BIO *bio) {
    return PEM_read_bio_PUBKEY(bio, NULL, lola_no_password, NULL);
}

static inline EVP_PKEY *lola_p256_generate(void) { return EVP_EC_gen("P-256"); }

static inline size_t lola_bio_contents(BIO *bio, const unsigned char **start) {
    char *data = NULL;
    long count = BIO_get_mem_data(bio, &data);
    *start = (const unsigned char *)data;
    return count > 0 ? (size_t)count : 0;
}

// The public key of an uncompressed P-256 point (04 || x || y); NULL when it is not on the curve.
static inline EVP_PKEY *lola_p256_public_key(unsigned char *point, size_t count) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, count),
        OSSL_PARAM_construct_end(),
    };
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

// HKDF with SHA-256, extract and expand (RFC 5869).
static inline int lola_hkdf_sha256(EVP_KDF *method, const unsigned char *secret, size_t secret_count,
                                   const unsigned char *salt, size_t salt_count,
                                   const unsigned char *info, size_t info_count,
                                   unsigned char *out, size_t out_count) {
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(method);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count),
        OSSL_PARAM_construct_end(),
    };
    int done = context != NULL && EVP_KDF_derive(context, out, out_count, parameters) == 1;
    EVP_KDF_CTX_free(context);
    return done;
}

// A MAC context keyed for HMAC with the named digest.
static inline int lola_hmac_key(EVP_MAC_CTX *context, const char *digest, const unsigned char *key, size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(context, key, count, parameters) == 1;
}

// HMAC-SHA-256 (RFC 2104) under one key: the digest behind the inner and the outer pad. A message begins with copies of
// them. OpenSSL's own HMAC looks up and allocates two digests for each message, which costs more than hashing it; the
// functions of the digest itself, which do neither, are marked deprecated since 3.0 and are there in every 3.x.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

struct lola_hmac_sha256 {
    SHA256_CTX inner;
    SHA256_CTX outer;
};

static inline int lola_hmac_sha256_key(struct lola_hmac_sha256 *hmac, const unsigned char *key, size_t count) {
    unsigned char block[SHA256_CBLOCK] = {0};
    int done = 1;
    if (count > sizeof block) {
        done = EVP_Digest(key, count, block, NULL, EVP_sha256(), NULL) == 1;
    } else if (count > 0) {
        memcpy(block, key, count);
    }
    for (size_t place = 0; place < sizeof block; place++) block[place] ^= 0x36;
    done = done && SHA256_Init(&hmac->inner) == 1 && SHA256_Update(&hmac->inner, block, sizeof block) == 1;
    for (size_t place = 0; place < sizeof block; place++) block[place] ^= 0x36 ^ 0x5C;
    done = done && SHA256_Init(&hmac->outer) == 1 && SHA256_Update(&hmac->outer, block, sizeof block) == 1;
    OPENSSL_cleanse(block, sizeof block);
    return done;
}

// The digest of octets at hand, the same way: a context for each of a dozen digests a request costs as much as they do.
static inline int lola_sha256(const unsigned char *bytes, size_t count, unsigned char *digest) {
    SHA256_CTX run;
    int done = SHA256_Init(&run) == 1 && SHA256_Update(&run, bytes, count) == 1 && SHA256_Final(digest, &run) == 1;
    OPENSSL_cleanse(&run, sizeof run);
    return done;
}

static inline int lola_hmac_sha256_begin(const struct lola_hmac_sha256 *hmac, SHA256_CTX *run) {
    *run = hmac->inner;
    return 1;
}

static inline int lola_hmac_sha256_update(SHA256_CTX *run, const unsigned char *bytes, size_t count) {
    return SHA256_Update(run, bytes, count) == 1;
}

static inline int lola_hmac_sha256_final(const struct lola_hmac_sha256 *hmac, SHA256_CTX *run, unsigned char *code) {
    unsigned char inner[SHA256_DIGEST_LENGTH];
    int done = SHA256_Final(inner, run) == 1;
    *run = hmac->outer;
    return done && SHA256_Update(run, inner, sizeof inner) == 1 && SHA256_Final(code, run) == 1;
}

#pragma clang diagnostic pop

// MARK: TLS

// TLS 1.2 and 1.3, no renegotiation, no compression, buffers of idle connections given back.
static inline int lola_tls_harden(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
                                     | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_default_passwd_cb(context, lola_no_password);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
}

static inline int lola_tls_select_http11(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_count,
                                         const unsigned char *offered, unsigned int offered_count, void *user) {
    (void)ssl; (void)user;
    unsigned char *out = NULL;
    int found = SSL_select_next_proto(&out, chosen_count, (const unsigned char *)"\x08http/1.1", 9,
                                      offered, offered_count);
    if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = out;
    return SSL_TLSEXT_ERR_OK;
}

// ALPN (RFC 7301): a client offers http/1.1; a server takes it, and refuses a client that offers only others.
static inline int lola_tls_speak_http11(SSL_CTX *context, int is_server) {
    if (is_server) {
        SSL_CTX_set_alpn_select_cb(context, lola_tls_select_http11, NULL);
        return 1;
    }
    return SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x08http/1.1", 9) == 0;
}

static inline int lola_tls_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name) == 1;
}

static inline int lola_tls_ticket_keys(SSL_CTX *context, unsigned char *keys, long count) {
    return SSL_CTX_set_tlsext_ticket_keys(context, keys, count) == 1;
}

static inline long lola_tls_ticket_keys_count(SSL_CTX *context) {
    return SSL_CTX_set_tlsext_ticket_keys(context, NULL, 0);
}

static inline void lola_bio_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void lola_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

#endif
