"""Names that people of the two clubs bear, by the culture they come from."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Culture:
    """Given and family names that go together; `share` is its weight among the members of a club."""

    name: str
    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]
    share: float
    is_latin: bool = True


def _split(text: str) -> tuple[str, ...]:
    """Names apart by commas; several words may make one."""
    return tuple(name.strip() for name in text.replace("\n", " ").split(",") if name.strip())


ENGLISH_FEMALE: Final = _split("""
Margaret, Susan, Elizabeth, Patricia, Jennifer, Helen, Catherine, Victoria, Rebecca, Charlotte, Emily,
Olivia, Sarah, Deborah, Christine, Alison, Fiona, Claire, Nicola, Joanna, Hannah, Georgina, Philippa,
Lucy, Rosemary, Heather, Gillian, Samantha, Katherine, Amelia, Sophie, Grace, Imogen, Zoë, Chloë
""")
ENGLISH_MALE: Final = _split("""
William, Robert, Richard, James, Charles, Edward, Henry, Michael, Andrew, Anthony, Christopher,
Alexander, Stephen, Thomas, Joseph, Daniel, Matthew, Nicholas, David, Peter, Graham, Simon, Timothy,
Philip, Jonathan, Benjamin, Oliver, Harry, George, Alan, Keith, Roger, Geoffrey, Martin, Duncan, Samuel
""")
ENGLISH_FAMILY: Final = _split("""
Smith, Jones, Taylor, Brown, Wilson, Johnson, Walker, Wright, Robinson, Thompson, White, Hughes,
Edwards, Green, Hall, Wood, Harris, Clarke, Jackson, Turner, Hill, Moore, Cooper, Ward, Baker, Harrison,
Morgan, Allen, Mitchell, Phillips, Lee, Parker, Bennett, Young, Shaw, Holmes, Palmer, Matthews, Rogers,
Barker, Pearson, Fletcher, Whitaker, Ashworth, Hargreaves, Pemberton, Winterbourne, Featherstone,
Ainsley-Cooper, Fox-Carter
""")
SCOTTISH_FAMILY: Final = _split("""
MacDonald, Campbell, Stewart, Robertson, Murray, Fraser, Sinclair, McKenzie, McLeod, Buchanan, Drummond,
MacGregor, Cameron, Ross, Ferguson, Munro, Douglas, Gordon, Kerr, Lindsay
""")

AFRIKAANS: Final = Culture(
    "Afrikaans",
    _split("""
    Elmarie, Annelize, Marietjie, Hester, Susanna, Magdalena, Riana, Elsabé, Karien, Liezl, Chantelle,
    Ilse, Marelize, Annemarie, Hanlie, Petronella, Christelle, Adri, Zelda, Lizette, Anneke, Mariska,
    Tania, Wilma
    """),
    _split("""
    Pieter, Johannes, Hendrik, Jacobus, Petrus, Gerhardus, Francois, Cornelius, Andries, Stephanus,
    Daniël, Willem, Schalk, Christiaan, Marthinus, Barend, Deon, Riaan, Jaco, Hein, Wynand, Dirk,
    Etienne, Morné, Ruan, André
    """),
    _split("""
    Botha, van der Merwe, du Plessis, Pretorius, Venter, Nel, Coetzee, Fourie, van Wyk, Steyn,
    Swanepoel, Kruger, Viljoen, Joubert, le Roux, Visser, Erasmus, Labuschagne, Oosthuizen,
    Bezuidenhout, Lombard, Marais, van Zyl, Potgieter, Theron, Greyling, Janse van Rensburg, de
    Villiers, Strydom, Esterhuizen
    """),
    26,
)
ZULU: Final = Culture(
    "Zulu",
    _split("""
    Lindiwe, Nomvula, Thandeka, Zanele, Nokuthula, Sibongile, Ntombi, Nonhlanhla, Bongiwe, Ayanda,
    Thandi, Nompumelelo, Zodwa, Hlengiwe, Khanyisile, Phumzile, Busisiwe, Nobuhle
    """),
    _split("""
    Sipho, Thabani, Bheki, Mandla, Sandile, Nkosinathi, Sibusiso, Mthunzi, Lungelo, Jabulani, Themba,
    Siyabonga, Bongani, Musa, Sizwe, Khulekani, Mlungisi, Vusumuzi, Dumisani
    """),
    _split("""
    Nkosi, Dlamini, Zulu, Khumalo, Mkhize, Ndlovu, Mthembu, Cele, Buthelezi, Zungu, Ngcobo, Shabalala,
    Sithole, Mabaso, Hadebe, Zwane, Gumede, Majola, Ntuli, Msomi
    """),
    14,
)
XHOSA: Final = Culture(
    "Xhosa",
    _split("""
    Nomsa, Noluthando, Unathi, Babalwa, Vuyokazi, Lindelwa, Siphokazi, Nomfundo, Zukiswa, Andiswa,
    Thandokazi, Yolanda, Nosipho, Asanda, Pumla
    """),
    _split("""
    Luthando, Mzwandile, Xolani, Lwazi, Andile, Zola, Vuyo, Monde, Siya, Phakamile, Mxolisi,
    Thembinkosi, Loyiso, Ayabonga, Bulelani, Wandile
    """),
    _split("""
    Mbeki, Sisulu, Ngxola, Mqhayi, Qunta, Gqola, Ntshinga, Mfeketo, Bikitsha, Jordan, Tshaka, Makhubalo,
    Ngcuka, Sonjica, Xaba, Hani, Ndungane, Mthimkhulu
    """),
    9,
)
SOTHO: Final = Culture(
    "Sotho and Tswana",
    _split("""
    Palesa, Lerato, Dineo, Kelebogile, Boitumelo, Refilwe, Mpho, Tebogo, Keabetswe, Masego, Puleng,
    Naledi, Kagiso, Lesego
    """),
    _split("""
    Thabo, Lebogang, Tshepo, Kabelo, Katlego, Tumelo, Karabo, Neo, Oratile, Molefi, Thato, Pule, Teboho,
    Motlatsi, Thabiso
    """),
    _split("""
    Mokoena, Molefe, Moloi, Mofokeng, Motaung, Letsholo, Modise, Mogale, Phiri, Sebego, Rametsi,
    Makgoba, Tladi, Maseko, Kekana, Mphahlele, Ramokgopa, Seabi
    """),
    11,
)
INDIAN: Final = Culture(
    "Indian",
    _split("""
    Priya, Anjali, Kavitha, Shanthi, Nisha, Leela, Saraswathi, Yasmin, Fatima, Ayesha, Zainab, Deepa,
    Meera, Rekha, Sunita, Lakshmi
    """),
    _split("""
    Rajesh, Vikram, Sanjay, Anil, Pravin, Kumaran, Yusuf, Imran, Ashwin, Suresh, Ravi, Dinesh, Mohamed,
    Ebrahim, Arjun, Nikhil, Krishnan
    """),
    _split("""
    Naidoo, Pillay, Govender, Naicker, Reddy, Moodley, Chetty, Patel, Singh, Maharaj, Khan, Ebrahim,
    Essop, Desai, Padayachee, Ramsamy, Mehta, Sharma, Kapoor, Hussain
    """),
    8,
)
PORTUGUESE: Final = Culture(
    "Portuguese",
    _split("Maria, Ana, Fernanda, Inês, Conceição, Teresa, Luísa, Graça, Helena, Cátia"),
    _split("João, José, António, Manuel, Paulo, Luís, Rui, Nuno, Gonçalo, Tomás"),
    _split("da Silva, Gonçalves, Ferreira, de Sousa, Pereira, dos Santos, Araújo, Magalhães, Abreu, Simões"),
    4,
)
LEVANTINE: Final = Culture(
    "Levantine",
    _split("ليلى, مريم, نور, هالة"),
    _split("كريم, سامي, نادر, فادي"),
    _split("حداد, خوري, نصار, منصور"),
    0.4,
    is_latin=False,
)
ENGLISH_ZA: Final = Culture("English", ENGLISH_FEMALE, ENGLISH_MALE, ENGLISH_FAMILY + SCOTTISH_FAMILY, 27)

ENGLISH_UK: Final = Culture("English", ENGLISH_FEMALE, ENGLISH_MALE, ENGLISH_FAMILY, 58)
SCOTTISH: Final = Culture(
    "Scottish",
    _split("Morag, Eilidh, Kirsty, Ailsa, Isla, Shona, Catriona, Mairi, Lorna, Fiona, Heather, Iona"),
    _split(
        "Angus, Hamish, Callum, Alasdair, Fergus, Ewan, Duncan, Malcolm, Gregor, Iain, Rory, Lachlan, Blair"
    ),
    SCOTTISH_FAMILY,
    11,
)
WELSH: Final = Culture(
    "Welsh",
    _split("Siân, Cerys, Rhiannon, Carys, Bethan, Angharad, Ffion, Non, Gwen, Lowri, Mair"),
    _split("Rhys, Gareth, Gethin, Dylan, Owain, Siôn, Huw, Aled, Emyr, Ieuan, Gwilym"),
    _split(
        "Davies, Evans, Williams, Llewellyn, Griffiths, Pritchard, Bevan, Vaughan, Gwynne, ap Rhys, Bowen"
    ),
    6,
)
IRISH: Final = Culture(
    "Irish",
    _split("Aoife, Niamh, Siobhán, Róisín, Orla, Deirdre, Gráinne, Clodagh, Bríd"),
    _split("Seán, Cormac, Declan, Eoin, Padraig, Conor, Ciarán, Brendan, Niall, Liam"),
    _split("O'Brien, O'Connor, Murphy, Kelly, O'Sullivan, Byrne, Doherty, Gallagher, McCarthy, O'Neill"),
    6,
)
POLISH: Final = Culture(
    "Polish",
    _split("Agnieszka, Katarzyna, Małgorzata, Joanna, Ewa, Zofia, Magdalena, Bożena, Justyna"),
    _split("Paweł, Tomasz, Krzysztof, Łukasz, Michał, Jakub, Wojciech, Marcin, Grzegorz"),
    _split(
        "Nowak, Kowalski, Wiśniewski, Wójcik, Kamiński, Lewandowski, Zieliński, Dąbrowski, Szymański, Woźniak"
    ),
    5,
)
GREEK: Final = Culture(
    "Greek",
    _split("Ελένη, Μαρία, Σοφία, Κατερίνα"),
    _split("Νίκος, Γιώργος, Δημήτρης, Κώστας"),
    _split("Παπαδόπουλος, Γεωργίου, Αντωνίου, Νικολάου"),
    0.5,
    is_latin=False,
)
# How people of foreign scripts write themselves where a form takes Latin letters only.
LATIN_SPELLINGS: Final = dict(
    pair.split("=")
    for pair in _split("""
    ليلى=Layla, مريم=Maryam, نور=Nour, هالة=Hala, كريم=Karim, سامي=Sami, نادر=Nader, فادي=Fadi,
    حداد=Haddad, خوري=Khoury, نصار=Nassar, منصور=Mansour, Ελένη=Eleni, Μαρία=Maria, Σοφία=Sofia,
    Κατερίνα=Katerina, Νίκος=Nikos, Γιώργος=Giorgos, Δημήτρης=Dimitris, Κώστας=Kostas,
    Παπαδόπουλος=Papadopoulos, Γεωργίου=Georgiou, Αντωνίου=Antoniou, Νικολάου=Nikolaou
    """)
)
SHORT_FORMS: Final = {
    name: tuple(short.split())
    for name, short in (
        pair.split("=")
        for pair in _split("""
        Margaret=Maggie Peggy, Susan=Sue, Elizabeth=Liz Beth, Patricia=Pat Trish, Jennifer=Jenny,
        Catherine=Cathy, Katherine=Kate Kathy, Victoria=Vicky, Rebecca=Becky, Charlotte=Charlie Lottie,
        Deborah=Debbie, Christine=Chris, Alison=Ali, Nicola=Nicky, Joanna=Jo, Georgina=Georgie,
        Philippa=Pippa, Rosemary=Rosie, Gillian=Gill, Samantha=Sam, William=Bill Will, Robert=Bob Rob,
        Richard=Dick Rick, James=Jim Jamie, Charles=Charlie, Edward=Ed Ted, Henry=Harry, Michael=Mike,
        Andrew=Andy, Anthony=Tony, Christopher=Chris, Alexander=Alex Sandy, Stephen=Steve, Thomas=Tom,
        Joseph=Joe, Daniel=Dan, Matthew=Matt, Nicholas=Nick, David=Dave, Peter=Pete, Timothy=Tim,
        Philip=Phil, Samuel=Sam, Jonathan=Jon, Benjamin=Ben, Oliver=Ollie, Geoffrey=Geoff, Pieter=Piet,
        Johannes=Johan Hannes, Jacobus=Kobus Jaco, Petrus=Piet, Gerhardus=Gert Gerhard, Francois=Frans,
        Cornelius=Neels, Andries=Dries, Stephanus=Fanie, Willem=Wim, Christiaan=Chris, Marthinus=Tinus,
        Barend=Ben, Susanna=Sanet, Magdalena=Magda, Petronella=Nellie, Annemarie=Anna, Lindiwe=Lindi,
        Nokuthula=Thuli, Sibongile=Bongi, Nonhlanhla=Nhlanhla, Thandeka=Thandi, Nompumelelo=Mpumi,
        Khanyisile=Khanyi, Busisiwe=Busi, Nkosinathi=Nathi, Sibusiso=Sbu, Jabulani=Jabu, Siyabonga=Siya,
        Vusumuzi=Vusi, Noluthando=Thando, Vuyokazi=Vuyo, Siphokazi=Sipho, Nomfundo=Fundi,
        Mzwandile=Mzwa, Thembinkosi=Themba, Kelebogile=Lebo, Boitumelo=Tumi, Tebogo=Tebza,
        Lebogang=Lebo, Katlego=Kat, Saraswathi=Saras, Mohamed=Mo, Kumaran=Kumi, Krishnan=Kris,
        António=Tony, José=Zé, Agnieszka=Aga, Katarzyna=Kasia, Małgorzata=Gosia, Zofia=Zosia,
        Krzysztof=Chris, Tomasz=Tomek, Catriona=Cat, Alasdair=Al, Malcolm=Calum, Rhiannon=Rhi,
        Siobhán=Shiv, Padraig=Paddy
        """)
    )
}
CULTURES_ZA: Final = (AFRIKAANS, ENGLISH_ZA, ZULU, XHOSA, SOTHO, INDIAN, PORTUGUESE, LEVANTINE)
CULTURES_UK: Final = (ENGLISH_UK, SCOTTISH, WELSH, IRISH, POLISH, INDIAN, GREEK)
