"""Where the members of the club by the sea come from, and what people are called there."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Origin:
    """A country: its share of the club, the code of its phones, names, and what bearers of a name are called."""

    share: float
    code: str
    men: tuple[str, ...]
    women: tuple[str, ...]
    families: tuple[str, ...]
    called: dict[str, str]
    has_two_families: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


def _called(text: str) -> dict[str, str]:
    pairs = (pair.replace("_", " ").partition(":") for pair in text.split())
    return {name: form for name, _, form in pairs}


ORIGINS: Final = (
    Origin(
        0.5,
        "34",
        _words(
            "José_Luis Juan_Carlos Miguel_Ángel Francisco_Javier José_Antonio Andrés Sergio Alberto "
            "Gonzalo Jaime Fernando Enrique Ramón Vicente Tomás Jorge Emilio Eduardo Gabriel Mateo"
        ),
        _words(
            "María_del_Carmen Ana_Belén María_José Ana_Isabel Marta Elena Cristina Silvia Nuria Amparo "
            "Remedios Inmaculada Consuelo Encarnación Lourdes Esperanza Begoña Sonia Paloma Clara"
        ),
        _words(
            "García Fernández López Martínez Sánchez Pérez Gómez Ruiz Díaz Moreno Muñoz Álvarez Romero "
            "Navarro Torres Domínguez Vázquez Ramos Gil Serrano Blanco Molina Morales Ortega Delgado "
            "Castro Ortiz Rubio Marín Sanz Iglesias Garrido Cortés Castillo Lozano Guerrero Cano Prieto "
            "Méndez Cruz"
        ),
        _called(
            "Enrique:Quique Eduardo:Edu Fernando:Fer Encarnación:Encarna Inmaculada:Inma Remedios:Reme "
            "Consuelo:Chelo Gonzalo:Gonza Vicente:Chente José_Luis:Pepe Francisco_Javier:Javi "
            "Alberto:Beto"
        ),
        has_two_families=True,
    ),
    Origin(
        0.2,
        "44",
        _words(
            "Ian Keith Barry Malcolm Roger Derek Norman Terence Alan Gary Martin Colin Howard Gerald Brian"
        ),
        _words(
            "Janet Sheila Pauline Lesley Wendy Denise Jacqueline Carole Marion Yvonne Glenys Sandra "
            "Linda Joan"
        ),
        _words(
            "Aldridge Bramley Chadwick Dalton Eastwood Farrow Garside Hinchliffe Ibbotson Jowett "
            "Kenworthy Lumb Marsden Oldroyd Priestley Redfearn Schofield Tordoff Uttley Womersley "
            "Lister Haigh"
        ),
        _called("Terence:Terry Gerald:Gerry Jacqueline:Jackie Malcolm:Mal Norman:Norm"),
    ),
    Origin(
        0.12,
        "353",
        _words("Cathal Declan Fergus Cormac Donal Eoin Pádraig Tadhg Ruairí Niall Seamus Brendan"),
        _words("Aoife Siobhán Gráinne Orla Niamh Bríd Caoimhe Sinéad Deirdre Fionnuala Maeve Nuala"),
        _words(
            "O'Rourke Brennan Kinsella Mulcahy Tierney McGrath Ó_Briain Fitzgerald Gallagher Hennessy "
            "Nolan Cullen Devlin"
        ),
        _called("Pádraig:Paddy Fionnuala:Nuala Brendan:Bren"),
    ),
    Origin(
        0.1,
        "31",
        _words("Gerrit Willem Maarten Joost Hendrik Cornelis Pieter Bas Ruud Wouter Sjoerd Thijs"),
        _words("Anneke Marijke Truus Femke Saskia Ineke Wilhelmina Greetje Liesbeth Marloes Tineke Hanneke"),
        _words(
            "van_der_Berg de_Vries Bakker Visser Smit Meijer de_Boer Mulder Bos Vos Peters Hendriks "
            "van_Dijk Dekker Brouwer"
        ),
        _called("Wilhelmina:Willy Cornelis:Kees Hendrik:Henk Liesbeth:Lies Gerrit:Ger"),
    ),
    Origin(
        0.08,
        "358",
        _words("Matti Juhani Pekka Timo Jari Heikki Seppo Antti Kari Mikko Jukka Olli"),
        _words("Helena Marjatta Anneli Kaarina Liisa Päivi Tuula Ritva Eila Sirpa Riitta Leena"),
        _words(
            "Korhonen Virtanen Mäkinen Nieminen Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen "
            "Saarinen Salminen"
        ),
        _called("Juhani:Jussi Helena:Leena Marjatta:Maija"),
    ),
)
