// What the pages of the built-in widgets say, in both languages. Plain text without markup: the pages put it between
// tags as it stands. What the scripts say stands in the scripts.

/// What stands on every page.
struct WidgetTexts: Sendable {
    let brand: String
    let safe: String
    let privacy: String
    let noScript: String
    let again: String
    let cancel: String
    let stopTitle: String
    let stopText: String
    let stopYes: String
    let stopNo: String

    static func of(_ language: WidgetLanguage) -> WidgetTexts {
        switch language {
        case .english: english
        case .spanish: spanish
        }
    }

    private static let english = WidgetTexts(
        brand: "Secure page", safe: "Protected", privacy: "This link works once and for a short time. "
            + "We will never ask you to send these details in the chat.",
        noScript: "This page needs JavaScript to protect what you enter. Switch it on and open the link again.",
        again: "Try again", cancel: "I cannot do this now", stopTitle: "Stop here?",
        stopText: "The link will be used up and the chat goes on without this step. You can ask there for a new link.",
        stopYes: "Yes, stop", stopNo: "Go back")

    private static let spanish = WidgetTexts(
        brand: "Página segura", safe: "Protegida", privacy: "Este enlace sirve una vez y por poco tiempo. "
            + "Nunca le pediremos enviar estos datos por el chat.",
        noScript: "Esta página necesita JavaScript para proteger sus datos. Actívelo y abra el enlace de nuevo.",
        again: "Intentar de nuevo", cancel: "No puedo hacerlo ahora", stopTitle: "¿Detenerse aquí?",
        stopText: "El enlace quedará usado y el chat seguirá sin este paso. Allí puede pedir un enlace nuevo.",
        stopYes: "Sí, detener", stopNo: "Volver")
}

/// What stands on the card page.
struct CardPageTexts: Sendable {
    let title: String
    let lede: String
    let number: String
    let numberHint: String
    let expiry: String
    let expiryShape: String
    let holder: String
    let submit: String

    static func of(_ language: WidgetLanguage) -> CardPageTexts {
        switch language {
        case .english: english
        case .spanish: spanish
        }
    }

    private static let english = CardPageTexts(
        title: "Authorise a card",
        lede: "Your card number is encrypted on this device for the card vault. The chat only learns the last four "
            + "digits.",
        number: "Card number", numberHint: "The long number on the front or the back of the card.",
        expiry: "Expiry date", expiryShape: "MM/YY", holder: "Name on card", submit: "Authorise card")

    private static let spanish = CardPageTexts(
        title: "Autorizar una tarjeta",
        lede: "El número de su tarjeta se cifra en este dispositivo para la bóveda de tarjetas. El chat solo conoce "
            + "los últimos cuatro dígitos.",
        number: "Número de la tarjeta", numberHint: "El número largo al frente o al reverso de la tarjeta.",
        expiry: "Vencimiento", expiryShape: "MM/AA", holder: "Nombre en la tarjeta", submit: "Autorizar tarjeta")
}

/// What stands on the identity page.
struct CIPPageTexts: Sendable {
    let title: String
    let lede: String
    let document: String
    let type: String
    /// Values and words of the kinds of documents.
    let types: [(value: String, word: String)]
    let how: String
    let byNumber: String
    let byPhoto: String
    let number: String
    let numberHint: String
    let choose: String
    let noFile: String
    let photoHint: String
    let presence: String
    let demonstration: String
    let presenceText: String
    let presenceTick: String
    let consent: String
    let consentTick: String
    let submit: String

    static func of(_ language: WidgetLanguage) -> CIPPageTexts {
        switch language {
        case .english: english
        case .spanish: spanish
        }
    }

    private static let english = CIPPageTexts(
        title: "Confirm your identity",
        lede: "It takes about a minute. What you enter is encrypted on this device before it is sent.",
        document: "Your document", type: "Kind of document",
        types: [
            ("national_id", "National identity card"), ("passport", "Passport"),
            ("driver_license", "Driving licence"), ("residence_permit", "Residence permit"),
        ],
        how: "How do you want to show it?", byNumber: "Number", byPhoto: "Photo", number: "Document number",
        numberHint: "As it stands on the document.", choose: "Choose a photo", noFile: "JPEG, PNG or WebP",
        photoHint: "The photo is made smaller on this device; place and camera data are removed.",
        presence: "Presence check", demonstration: "Demonstration",
        presenceText: "This stands in for the liveness check of your bank. No camera is used, nothing is measured.",
        presenceTick: "I am in front of this screen myself",
        consent: "Your consent",
        consentTick: "I agree that my bank uses these details to verify my identity.", submit: "Confirm identity")

    private static let spanish = CIPPageTexts(
        title: "Confirme su identidad",
        lede: "Toma cerca de un minuto. Lo que escriba se cifra en este dispositivo antes de enviarse.",
        document: "Su documento", type: "Tipo de documento",
        types: [
            ("national_id", "Documento de identidad"), ("passport", "Pasaporte"),
            ("driver_license", "Licencia de conducir"), ("residence_permit", "Permiso de residencia"),
        ],
        how: "¿Cómo quiere mostrarlo?", byNumber: "Número", byPhoto: "Foto", number: "Número del documento",
        numberHint: "Como aparece en el documento.", choose: "Elija una foto", noFile: "JPEG, PNG o WebP",
        photoHint: "La foto se reduce en este dispositivo; se quitan los datos de lugar y de cámara.",
        presence: "Prueba de presencia", demonstration: "Demostración",
        presenceText: "Este paso reemplaza la prueba de vida de su banco. No se usa la cámara ni se mide nada.",
        presenceTick: "Soy yo quien está frente a esta pantalla",
        consent: "Su consentimiento",
        consentTick: "Acepto que mi banco use estos datos para verificar mi identidad.", submit: "Confirmar identidad")
}

/// What a page without a form says: why there is none, and what to do.
enum WidgetEnding {
    static func texts(_ kind: WidgetPages.Kind, _ language: WidgetLanguage) -> (title: String, text: String) {
        switch language {
        case .english: english(kind)
        case .spanish: spanish(kind)
        }
    }

    private static func english(_ kind: WidgetPages.Kind) -> (title: String, text: String) {
        switch kind {
        case .used:
            ("This link has been used", "Each link works once. Go back to the chat; ask there for a new one if "
                + "something is still missing.")
        case .expired:
            ("This link has ended", "It was not used in time, or a newer one took its place. Open the newest link of "
                + "the chat, or ask there for another.")
        case .unknown:
            ("This link is not valid", "Check that you opened the whole link, or ask for a new one in the chat.")
        case .closed, .widget:
            ("This page is not set up yet", "Your bank has not set up what it needs, so this page asks for nothing. "
                + "Go back to the chat.")
        case .unavailable:
            ("One moment, please", "The link cannot be checked right now. Open it again in a minute.")
        }
    }

    private static func spanish(_ kind: WidgetPages.Kind) -> (title: String, text: String) {
        switch kind {
        case .used:
            ("Este enlace ya se usó", "Cada enlace sirve una sola vez. Vuelva al chat; pida allí uno nuevo si todavía "
                + "falta algo.")
        case .expired:
            ("Este enlace ya no sirve", "No se usó a tiempo o lo reemplazó uno más nuevo. Abra el enlace más reciente "
                + "del chat o pida otro allí.")
        case .unknown:
            ("Este enlace no es válido", "Compruebe que abrió el enlace completo o pida uno nuevo en el chat.")
        case .closed, .widget:
            ("Esta página todavía no está lista", "Su banco no ha configurado lo que necesita, por eso esta página "
                + "no pide nada. Vuelva al chat.")
        case .unavailable:
            ("Un momento, por favor", "El enlace no se puede comprobar ahora. Ábralo de nuevo en un minuto.")
        }
    }
}
