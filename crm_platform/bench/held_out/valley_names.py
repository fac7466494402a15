"""Names of the valley: hyphens, last names by gender, many Latin spellings, two names of which either is used."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class People:
    """Bearers of one language: their share of the club, names, and how else each is written or called."""

    share: float
    men: tuple[str, ...]
    women: tuple[str, ...]
    families: tuple[str, ...]
    # Other spellings and pet names by first name.
    also: dict[str, tuple[str, ...]]
    # What a last name of women ends in where men's end otherwise.
    feminine: tuple[tuple[str, str], ...] = ()
    # Second given names by which some are known instead.
    second: tuple[str, ...] = ()
    is_family_first: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


def _also(text: str) -> dict[str, tuple[str, ...]]:
    pairs = (pair.partition(":") for pair in text.split())
    return {name: tuple(forms.split(",")) for name, _, forms in pairs}


PEOPLES: Final = (
    People(
        0.4,
        _words(
            "Jean-Pierre Jean-Luc Philippe Thierry Olivier Benoît Étienne Guillaume Xavier Laurent Bertrand "
            "Christophe Stéphane Frédéric Yves Dominique Gauthier Cédric Arnaud Rémi Antoine Mathieu Quentin "
            "Marc-Antoine"
        ),
        _words(
            "Marie-Claire Anne-Sophie Françoise Véronique Nathalie Brigitte Geneviève Sylvie Chantal Isabelle "
            "Aurélie Delphine Céline Hélène Mathilde Dominique Bénédicte Solange Odile Pascale Camille Joséphine"
        ),
        _words(
            "Lambert Dubois Lefèvre Delvaux Collard Charlier Gérard Lejeune Renard Delcourt Hallet Bodart Piette "
            "Wauters Mahieu Thiry Noël Gillet Massart Jacquemin Defays Closset Hubin Dethier Libert Toussaint "
            "de_Brouckère d'Oultremont"
        ),
        _also(
            "Jean-Pierre:JP,J-Pierre,Jean Jean-Luc:Jean,JL Philippe:Phil,Filip Olivier:Oli Guillaume:Guigui "
            "Christophe:Chris,Kristof Stéphane:Stef Frédéric:Fred Antoine:Tony Mathieu:Matthieu Marie-Claire:Marie "
            "Anne-Sophie:Anne,Sophie Véronique:Véro Geneviève:Ginette Isabelle:Isa Nathalie:Natalie "
            "Bénédicte:Béné Joséphine:José,Fifi Rémi:Rémy Marc-Antoine:Marc"
        ),
    ),
    People(
        0.22,
        _words("Luc Jan Koen Bart Wim Geert Dirk Filip Pieter-Jan Stijn Joris Herman Karel Tom Kris Johan"),
        _words("An Els Griet Hilde Katrien Leen Lieve Martine Sofie Veerle Nele Ilse Lut Goedele Tine Karen"),
        _words(
            "Peeters Janssens Maes Claes Goossens Wouters De_Smet Vermeulen Van_den_Broeck Aerts Desmet Van_Damme "
            "Segers Cools Verhaeghe Dewulf Baert Lauwers Callewaert"
        ),
        _also(
            "Pieter-Jan:Pieter,PJ Filip:Philippe Katrien:Trien,Katleen Kris:Christian Herman:Manu Lut:Lutgart"
        ),
    ),
    People(
        0.14,
        _words(
            "Georgios Ioannis Konstantinos Dimitrios Nikolaos Panagiotis Vasileios Christos Evangelos Spyridon"
        ),
        _words("Maria Eleni Aikaterini Vasiliki Sofia Angeliki Georgia Dimitra Paraskevi Anastasia"),
        _words(
            "Papadopoulos Vlachos Angelopoulos Nikolaidis Georgiou Dimitriou Karagiannis Makris Ioannidis Oikonomou"
        ),
        _also(
            "Georgios:Giorgos,George,Yorgos Ioannis:Yannis,Giannis,John Konstantinos:Kostas,Costas "
            "Dimitrios:Dimitris,Jimmy Nikolaos:Nikos Panagiotis:Panos,Takis Vasileios:Vassilis,Bill "
            "Evangelos:Vangelis Spyridon:Spyros Eleni:Helen,Elena Aikaterini:Katerina,Catherine "
            "Vasiliki:Vasso Paraskevi:Evi,Vivi Anastasia:Natasa Christos:Chris"
        ),
        feminine=(("opoulos", "opoulou"), ("idis", "idou"), ("akis", "aki"), ("is", "i"), ("os", "ou")),
    ),
    People(
        0.1,
        _words("Jiří Tomáš Zdeněk František Václav Jaroslav Miroslav Ondřej Vojtěch Petr"),
        _words("Jana Hana Zdeňka Alena Lenka Věra Květa Ludmila Markéta Kateřina"),
        _words("Novák Svoboda Dvořák Černý Procházka Kučera Veselý Horák Němec Pokorný"),
        _also(
            "Jiří:Jirka,George František:Franta Václav:Vašek Ondřej:Ondra Vojtěch:Vojta Jana:Janka Hana:Hanka "
            "Zdeněk:Zdenda Kateřina:Katka,Katerina Ludmila:Lída Tomáš:Tom"
        ),
        feminine=(("ý", "á"), ("a", "ová"), ("", "ová")),
    ),
    People(
        0.08,
        _words("Peter James Samuel Joseph Daniel Paul Stephen John"),
        _words("Grace Mary Esther Faith Joyce Lucy Agnes Ruth"),
        _words("Kamau Mwangi Njoroge Otieno Odhiambo Wafula Kiprono Cheruiyot Mutua Kariuki"),
        _also("Samuel:Sam Joseph:Joe Daniel:Dan Stephen:Steve James:Jim"),
        second=_words("Kariuki Ochieng Kiptoo Mumo Ndung'u Wanjiku Achieng Chebet Nduku Nyambura"),
    ),
    People(
        0.06,
        _words("Minjun Jihoon Sungho Hyunwoo Taeyang Donghyun"),
        _words("Soyeon Jiwoo Minji Eunkyung Hyejin Yuna"),
        _words("Kim Lee Park Choi Jung Kang"),
        _also(
            "Minjun:Min-jun,Jun Jihoon:Ji-hoon Sungho:Seong-ho Soyeon:So-yeon Eunkyung:Eun-kyung Hyejin:Hye-jin"
        ),
        is_family_first=True,
    ),
)
