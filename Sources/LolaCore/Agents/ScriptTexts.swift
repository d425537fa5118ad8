// Every sentence of the built-in agents, Spanish beside English, and nothing but sentences. Pure functions.

enum ScriptTexts {
    private static func say(_ language: ScriptLanguage, _ english: String, _ spanish: String) -> [UInt8] {
        [UInt8](text: language == .spanish ? spanish : english)
    }

    /// The name behind a greeting, or nothing.
    private static func address(_ name: String) -> String { name.isEmpty ? "" : " \(name)" }

    /// The first word of a name.
    static func firstName(_ name: [UInt8]) -> String { name.prefix { $0 != 0x20 }.text }

    /// Button titles keep within the 20 characters of WhatsApp, list titles within 24.
    static func choice(_ intent: ScriptIntent, _ language: ScriptLanguage) -> Choice {
        let title =
            switch intent {
            case .send: say(language, "Send money", "Enviar dinero")
            case .payees: say(language, "My payees", "Mis destinatarios")
            case .help: say(language, "Help", "Ayuda")
            case .confirm: say(language, "Confirm", "Confirmar")
            case .modify: say(language, "Change", "Modificar")
            case .cancel: say(language, "Cancel", "Cancelar")
            case .how: say(language, "How it works", "Cómo funciona")
            case .needs: say(language, "What I need", "Qué necesito")
            case .bankDeposit: say(language, "Bank deposit", "Depósito bancario")
            case .cashPickup: say(language, "Cash pick-up", "Retiro en efectivo")
            case .wallet: say(language, "Mobile wallet", "Billetera móvil")
            }
        return Choice(id: intent.id, title: title)
    }

    // MARK: Notices

    static func fileNotice(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "I can only read text messages for now. Please write to me what you need.",
            "Por ahora solo puedo leer mensajes de texto. Escríbeme lo que necesitas, por favor.")
    }

    static func failureNotice(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "Sorry, I could not answer you just now. Please write again in a few minutes.",
            "Lo siento, no pude responderte en este momento. Escríbeme de nuevo en unos minutos, por favor.")
    }

    static func notUnderstood(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "I cannot read this kind of message. A few words of text are best.",
            "No puedo leer este tipo de mensaje. Unas palabras de texto son lo mejor.")
    }

    static func unavailable(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language,
            "Hello! I cannot check your account right now, so I will not touch anything. Please try again in a few "
                + "minutes.",
            "¡Hola! En este momento no puedo consultar tu cuenta, así que no tocaré nada. Inténtalo de nuevo en unos "
                + "minutos, por favor.")
    }

    // MARK: Accounts that cannot send

    /// - Parameter hasLink: a link to the identity check follows.
    static func pending(_ language: ScriptLanguage, _ name: String, hasLink: Bool) -> [UInt8] {
        if hasLink {
            return say(
                language,
                "Hello\(address(name))! Your identity is not verified yet. Once it is, you can send money here.",
                "¡Hola\(address(name))! Tu identidad todavía no está verificada. En cuanto lo esté podrás enviar "
                    + "dinero por aquí.")
        }
        return say(
            language,
            "Hello\(address(name))! We are still verifying your identity. As soon as that is done you can send money "
                + "here. We will let you know; there is nothing else you need to do now.",
            "¡Hola\(address(name))! Todavía estamos verificando tu identidad. En cuanto terminemos podrás enviar "
                + "dinero por aquí. Te avisaremos; por ahora no tienes que hacer nada más.")
    }

    static func blocked(_ language: ScriptLanguage, _ name: String) -> [UInt8] {
        say(
            language,
            "Hello\(address(name)). Your account is blocked, so I cannot make payments for you. Please contact the "
                + "support of your bank: they can tell you why and what comes next.",
            "Hola\(address(name)). Tu cuenta está bloqueada, así que no puedo hacer pagos por ti. Comunícate con el "
                + "soporte de tu banco: allí pueden decirte la razón y los siguientes pasos.")
    }

    // MARK: Widgets

    static func identityLink(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "Verify your identity on this secure page: {link}",
            "Verifica tu identidad en esta página segura: {link}")
    }

    static func cardLink(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "Authorise your card on this secure page, never here in the chat: {link}",
            "Autoriza tu tarjeta en esta página segura, nunca aquí en el chat: {link}")
    }

    static func widgetEnded(_ language: ScriptLanguage, _ event: CallbackEvent, isVerified: Bool) -> [UInt8] {
        switch event.outcome {
        case .failure:
            return say(
                language, "That did not work. Write to me and I will send you a new link.",
                "Eso no funcionó. Escríbeme y te envío un enlace nuevo.")
        case .success where event.operation == [UInt8](text: "card"):
            return say(language, "Thank you, your card is authorised.", "Gracias, tu tarjeta está autorizada.")
        case .success where isVerified:
            return say(language, "Thank you, your identity is verified.", "Gracias, tu identidad está verificada.")
        case .success:
            return say(
                language, "Thank you, we have what we need. I will let you know as soon as it is checked.",
                "Gracias, ya tenemos lo que necesitamos. Te aviso en cuanto esté revisado.")
        }
    }

    // MARK: Onboarding

    static func welcome(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language,
            "Hello, I am Lola 👋 I help you send money to the people you care about, right from this chat: safely, "
                + "in your language, and without an app.",
            "¡Hola, soy Lola! 👋 Te ayudo a enviar dinero a quienes más quieres, desde este mismo chat: con "
                + "seguridad, en tu idioma y sin otra aplicación.")
    }

    static func contactRequest(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "To know you, I need your phone number. Please share your own contact with the button.",
            "Para reconocerte necesito tu número de teléfono. Comparte tu propio contacto con el botón, por favor.")
    }

    static func contactButton(_ language: ScriptLanguage) -> [UInt8] {
        say(language, "Share my contact", "Compartir mi número")
    }

    static func contactThanks(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "Thank you! This number has no account with us yet, but that is quickly done.",
            "¡Gracias! Este número todavía no tiene cuenta con nosotros, pero eso se hace rápido.")
    }

    static func onboardingMenu(_ language: ScriptLanguage) -> [UInt8] {
        say(language, "What would you like to know?", "¿Qué te gustaría saber?")
    }

    static func how(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language,
            "It takes three steps: you verify your identity once, you tell me the amount and the person, and you "
                + "confirm on a secure page. I never ask for card data in this chat.",
            "Son tres pasos: verificas tu identidad una vez, me dices el monto y la persona, y confirmas en una "
                + "página segura. Nunca te pediré datos de tarjeta en este chat.")
    }

    static func needs(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "You need a valid identity document, your phone, and about five minutes.",
            "Necesitas un documento de identidad vigente, tu teléfono y unos cinco minutos.")
    }

    // MARK: Home

    static func greeting(_ language: ScriptLanguage, _ name: String, methods: [[UInt8]]) -> [UInt8] {
        let list = methods.prefix(5).map { "\n• \($0.text)" }.joined()
        let paying =
            methods.isEmpty ? ("", "") : ("\nYou can pay with:\(list)\n", "\nPuedes pagar con:\(list)\n")
        return say(
            language, "Hello\(address(name))! 👋 Good to see you.\(paying.0)\nWhat shall we do?",
            "¡Hola\(address(name))! 👋 Qué gusto verte.\(paying.1)\n¿Qué hacemos?")
    }

    static func help(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language,
            "I can prepare a payment for you. Press a button, or write \"send money\". /info shows your account, "
                + "/payers the ways to get the money, /new starts afresh.",
            "Puedo preparar un envío por ti. Pulsa un botón o escribe \"enviar dinero\". /info muestra tu cuenta, "
                + "/payers las formas de recibir el dinero, /new empieza de nuevo.")
    }

    static func info(_ language: ScriptLanguage, _ user: ContextUser?) -> [UInt8] {
        let name = user?.name.text ?? ""
        let ending = (user?.phone.digits.suffix(4)).map { $0.text } ?? ""
        return say(
            language, "Account of \(name)\nNumber ending in \(ending)\nIdentity: verified ✅",
            "Cuenta de \(name)\nNúmero terminado en \(ending)\nIdentidad: verificada ✅")
    }

    static func noPayees(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "You have no saved payees yet. The people you send money to will stand here.",
            "Todavía no tienes destinatarios guardados. Aquí aparecerán las personas a quienes envíes dinero.")
    }

    static func payers(_ language: ScriptLanguage) -> [UInt8] {
        say(language, "How should the money arrive?", "¿Cómo debe llegar el dinero?")
    }

    static func payersButton(_ language: ScriptLanguage) -> [UInt8] { say(language, "Choose", "Elegir") }

    // MARK: A payment

    static func askAmount(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "How much do you want to send, in US dollars? For example: 100",
            "¿Cuánto quieres enviar, en dólares? Por ejemplo: 100")
    }

    static func amountUnclear(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "I did not understand the amount. Please write just one number, for example 100 or 75.50.",
            "No entendí el monto. Escribe un solo número, por favor: por ejemplo 100 o 75.50.")
    }

    static func amountOutOfRange(_ language: ScriptLanguage) -> [UInt8] {
        let (min, max) = (ScriptAmount.min.text, ScriptAmount.max.text)
        return say(
            language, "The amount must be between \(min) and \(max). How much shall it be?",
            "El monto debe estar entre \(min) y \(max). ¿Cuánto quieres enviar?")
    }

    static func askRecipient(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "Who is it for? Write the name, or share the contact.",
            "¿Para quién es? Escribe el nombre o comparte el contacto.")
    }

    static func summary(
        _ language: ScriptLanguage, _ amount: ScriptAmount, to recipient: [UInt8], from method: [UInt8]?
    ) -> [UInt8] {
        let (english, spanish) = method.map { ("\nPaid with: \($0.text)", "\nPagas con: \($0.text)") } ?? ("", "")
        return say(
            language, "Please check:\nYou send: \(amount.text)\nTo: \(recipient.text)\(english)\n\nIs that right?",
            "Revisa, por favor:\nEnvías: \(amount.text)\nPara: \(recipient.text)\(spanish)\n\n¿Es correcto?")
    }

    static func confirmed(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language,
            "Thank you! Next you would receive a secure link here, to authorise the payment outside this chat. This "
                + "is a demonstration: no money has been moved.",
            "¡Gracias! Ahora recibirías aquí un enlace seguro para autorizar el pago fuera de este chat. Esto es una "
                + "demostración: no se ha movido dinero.")
    }

    static func cancelled(_ language: ScriptLanguage) -> [UInt8] {
        say(
            language, "Cancelled, nothing was sent. Anything else?",
            "Cancelado, no se envió nada. ¿Algo más?")
    }
}
