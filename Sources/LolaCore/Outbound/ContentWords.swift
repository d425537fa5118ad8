// The words of the content filter, as PhraseTable reads them: what may not be said, and what sounds like it and means
// no harm. A letter is written twice where once is another word: "Niger", "Zora".

extension ContentFilter {
    static let lists: [(Category, String)] = [
        (.threat, """
            i wil kil _ you, i l kil _ you, im going to kil _ you, i m going to kil _ you, gonna kil you
            i am going to kil you, i m going to hurt you, we wil kil you, we are going to kil you
            i shal kil _ you, il kil _ you, i wil murder _ you, going to murder you, gonna murder you
            murder your family, i wil rape _ you, going to rape you, rape your
            kil yourself, kil your family
            i wil hurt you, i am going to hurt you, we wil hurt you, hurt your family, hurt your children
            i wil find you and, we know where you live, we wil find you and, you wil regret this
            i wil destroy you, i wil burn your, burn your house, break your legs, break your bones, break your neck
            you are dead, you re dead, you wil die, you are going to die, you better pay or, pay or else
            or else we wil
            i wil shoot you, shoot you, stab you, slit your throat, bomb your, blow up your, put a bullet in
            beat you up, i wil beat you, we wil hunt you, hunt you down, watch your back
            te voy a matar, te vamos a matar, los voy a matar, voy a matarte, vamos a matarte, te mataremos, te matare
            te voy a hacer dano, te vamos a hacer dano, te voy a golpear, te vamos a golpear, te voy a romper
            te romperemos, sabemos donde vives, se donde vives, vas a morir, te vas a morir, estas muerto, estas muerta
            te arrepentiras, paga o te, paga o los, paga o ya, paga o vas, paga o vamos, paga o muere, paga o mueres
            te mato, os mato, los vamos a matar, los mataremos, pagas o te, te rompere las, te rompere los
            te rompere la cara, paga o veras, paga o sufre, paga o atente, paga o mataremos, paga o sabemos
            te quemaremos, quemar tu casa
            cuida tu espalda, mataremos a tu familia, matar a tu familia, te pegare un tiro
            """),
        (.hate, """
            nigger*, nigga*, faggot*, kikes, you kike, filthy kike, dirty kike, stinking kike, wetback*, spic, spics
            gook, gooks, raghead*, towelhead*
            tranny, trannies, retard, retards, retarded, beaner, beaners
            white power, heil hitler, gas the jews, death to al, kil al jews, kil al muslims, kil al blacks
            go back to your country, subhuman*, untermensch*
            al _ should die, al _ must die, all immigrants are, all mexicans are
            sudaca*, maricon, maricones, marica, maricas, negro de mierda, negra de mierda, indio de mierda, sidoso*
            muerte a los, muerte a todos los, vuelve a tu pais, vete a tu pais, moro de mierda, judio de mierda
            """),
        (.profanity, """
            fuck*, motherfuck*, shit, shits, shitty, bullshit, bulshit, asshole*, ashole*, bitch, bitches, bitching
            bastard, bastards
            cunt, cunts, dickhead*, cocksucker*, twats, wanker*, slut, sluts, whore, whores, dumbass
            goddamn, godamn, piss off, pissed off, pised off, screw you, son of a bitch, prick, pricks, bollocks
            arsehole*, stfu, wtf
            puta, putas, puto, putos, hijueputa*, hijoputa*, hijo de puta, hija de puta, mierda, mierdas, pendejo*
            pendeja*, cabron, cabrones, cabrona, chinga, chingar, chingado, chingada, chingaderas, joder, jodete, jodido
            jodida, gilipollas, gilipolas, cono de tu madre, mamon, mamona, verga, vergas, culero, culera, culeros
            carajo
            pinche, pinches, malparido*, malparida*, gonorrea hijueputa, boludo de mierda, la concha de tu madre
            conchetumadre, concha tu madre, imbecil de mierda, zorra, zorras, come mierda, comemierda*
            """),
    ]

    /// Idioms, names and places that hold a word or a phrase of the lists.
    static let everyday = """
        kill you with kindness, kill you with love, kill yourself laughing, don t kill yourself, kill time
        kill it for you, kill that for you, kill this for you, not gonna kill you, find you and call, find you and help
        find you and bring, burn your cd, burn your dvd, burn your photos, burn your calories, not break your neck
        don t break your neck, dead right, dead wrong, dead on time, dead serious, dead set, dead tired, dead last
        die laughing, die of laughter, die of boredom, die of embarrassment
        or else we will cancel, or else we will close, or else we will have to, or else we will need
        or else we will assume, or else we will send, or else we will not, or else we will be unable
        or else we will charge, shoot you _ email, shoot you _ e mail, shoot you _ mail, shoot you _ message
        shoot you _ text, shoot you _ note, shoot you _ link, shoot you _ line, shoot you _ invite, photo bomb your
        bomb your interview, bomb your exam, bomb your test, blow up your phone, blow up your inbox
        blow up your photo, blow up your photos, blow up your picture, blow up your image, blow up your balloons
        bullet in front of, beat you to it, beat you to the, beat you at chess, beat you at golf, beat you at tennis
        beat you at cards, beat you at your own game, hunt you down a, watch your back when lifting
        watch your back posture
        te mato a besos, te mato de risa, te mato a cosquillas, matar de risa, matar de la risa, matar a besos
        matar de amor, matare de risa, mataremos de risa
        romper el corazon, romper el hielo, romper el record, romper la rutina, romper la monotonia
        romperemos el corazon, morir de risa, morir de la risa, morir de amor, morir de envidia, morir de gusto
        morir de ganas, morir de hambre, morir de calor, morir de frio, morir de ternura, morir de felicidad
        muerto de risa, muerta de risa, muerto de hambre, muerta de hambre, muerto de cansancio, muerta de cansancio
        muerto de sueno, muerta de sueno, muerto de frio, muerta de frio, muerto de sed, muerta de sed
        no te arrepentiras, nunca te arrepentiras, jamas te arrepentiras, no se donde vives, no sabemos donde vives
        cuida tu espalda al, cuida tu espalda con, paga o te cobraremos, paga o te cobramos
        paga o te lo cobramos
        spic and span, spic n span, en retard, retard de, retards de, du retard, jours de retard
        white power cable, white power cord, white power adapter, white power adaptor, white power bank
        white power button, white power supply, white power strip, white power plug, white power outlet
        go back to your country list, go back to your country page, go back to your country settings
        go back to your country selection, go back to your country code, all men must die
        all immigrants are welcome, all immigrants are eligible, all immigrants are invited, all immigrants are entitled
        all immigrants are required, all mexicans are welcome, all mexicans are eligible, all mexicans are invited
        de muerte a los, por muerte a los, la muerte a los, su muerte a los
        ciudad de marica, municipio de marica, marica rj, marica rio de janeiro, marica brasil, marica brazil
        william the bastard, finger prick, pin prick, needle prick, skin prick, prick test, prick your finger
        prick of conscience, prick up your ears, wankers corner, puto bumbong, putto, putta, puttas, mammon, cullera
        jugo de mamon, dulce de mamon, mamona llanera, carne a la mamona, giovanni verga, playa del cabron
        playa de cabron, pinche aqui, pinche en, pinche sobre, pinche el boton, pinche el enlace, pinche este enlace
        pinche de cocina, pinches de cocina, zorra township, east zorra, west zorra, zorra tavistock
        zorra y las uvas, zorra y el cuervo, zorra y la ciguena, zorra artica
        """
}
