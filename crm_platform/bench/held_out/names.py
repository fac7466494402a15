"""Names of ten languages, with the short forms that their speakers use. Not the simulator's."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tongue:
    """First names of men and women, last names, and short forms by first name."""

    men: tuple[str, ...]
    women: tuple[str, ...]
    families: tuple[str, ...]
    short: dict[str, str]


def _tongue(men: str, women: str, families: str, short: str = "") -> Tongue:
    pairs = (pair.partition(":") for pair in short.split())
    return Tongue(
        tuple(men.split()),
        tuple(women.split()),
        tuple(one.replace("_", " ") for one in families.split()),
        {name: form for name, _, form in pairs},
    )


TONGUES: Final = {
    "german": _tongue(
        "Wolfgang Jürgen Günther Dieter Bernd Uwe Klaus Matthias Florian Sebastian Maximilian Lukas Felix "
        "Moritz Heinrich Ulrich Rüdiger Holger Detlef Torsten",
        "Ingrid Renate Gisela Ursula Brigitte Sabine Heike Katharina Johanna Franziska Magdalena Lena Greta "
        "Annegret Ulrike Christiane Elke Birgit Martina Sieglinde",
        "Müller Schröder Krüger Hoffmann Bäcker Zimmermann Köhler Weiß Lindner Brandt Vogt Seidel Haas Thoma "
        "Ziegler Pohl Böhm Ebert Arndt Gruber Huber Steiner Eder Aigner Leitner Wallner Kofler Unger "
        "von_Arnim zu_Solms",
        "Wolfgang:Wolfi Maximilian:Max Heinrich:Heiner Sebastian:Basti Ursula:Uschi Katharina:Kathi "
        "Franziska:Franzi Magdalena:Leni Johanna:Hanna Ulrich:Uli Matthias:Matze Günther:Günni",
    ),
    "english": _tongue(
        "Gordon Nigel Trevor Clive Rupert Hugh Alistair Duncan Graham Geoffrey Leonard Reginald Frederick "
        "Benjamin Timothy Harvey Ralph Wilfred Stuart Neville",
        "Gillian Hazel Beverley Maureen Doreen Philomena Harriet Imogen Beatrice Georgina Felicity Penelope "
        "Winifred Josephine Constance Rosalind Hilary Lorna Isobel Audrey",
        "Ashcroft Bickerstaff Cartwright Dunmore Ellery Fairfax Gilchrist Holloway Inglis Jessop Kirkbride "
        "Lockhart Mossman Netherby Oakes Pemberton Quayle Rowntree Sedgwick Thackeray Underhill Venables "
        "Wainwright Yardley Smith-Barry",
        "Frederick:Fred Benjamin:Benji Timothy:Tim Reginald:Reg Geoffrey:Geoff Leonard:Len Georgina:Georgie "
        "Penelope:Penny Winifred:Freddie Josephine:Jo Gillian:Gill Beatrice:Bea",
    ),
    "afrikaans": _tongue(
        "Gideon Hercules Jurie Lourens Christiaan Adriaan Theunis Wynand Schalk Deon Riaan Leon Danie Kobus "
        "Ockert Ruan Hennie Gysbert Abraham Marius",
        "Annelie Elsabe Hettie Marlene Rika Tersia Yolande Zelda Hanlie Anneke Carina Estelle Gerda Ilse "
        "Lizette Mariana Nerina Ronel Sonja Wilma",
        "Badenhorst Coetzer Deysel Engelbrecht Fourie Grobler Human Jacobsz Kotze Liebenberg Myburgh Nortje "
        "Oosthuizen Potgieter Raubenheimer Snyman Truter Uys Vermaak Weideman van_Zyl van_der_Walt du_Preez "
        "de_Klerk",
        "Gideon:Gidi Hercules:Herkie Christiaan:Chris Adriaan:Attie Abraham:Braam Lourens:Lou Theunis:Teuns",
    ),
    "nguni": _tongue(
        "Bonginkosi Sipho Mandla Sandile Lwazi Njabulo Phumlani Siyabonga Thulani Zweli Ayanda Mduduzi "
        "Nhlanhla Sifiso Themba Vuyani Xolani Luthando Khulekani Jabulani",
        "Nomvula Thandeka Zanele Nompumelelo Busisiwe Nokuthula Sibongile Hlengiwe Ntombi Lindelwa Ayanda "
        "Zodwa Noluthando Khanyisile Phindile Thembeka Nonhlanhla Siphokazi Andiswa Nosipho",
        "Cele Dube Gumede Hadebe Jali Khumalo Luthuli Mabaso Mhlongo Ndlovu Ngcobo Ntuli Shabalala Sithole "
        "Tshabalala Xaba Zondi Zwane Buthelezi Mkhize Myeni Radebe",
        "Bonginkosi:Bongi Siyabonga:Siya Nompumelelo:Mpumi Busisiwe:Busi Khanyisile:Khanyi Njabulo:Jabu "
        "Noluthando:Thando",
    ),
    "indian": _tongue(
        "Rajesh Suresh Anil Vikram Pranesh Kamal Dinesh Naveen Ravi Ashok Imraan Yusuf Farouk Ebrahim Sanjay",
        "Priya Kavitha Anjali Sunita Meera Shireen Fatima Ayesha Nazreen Devi Rekha Lalita Zainab Pooja "
        "Saraswathi",
        "Naidoo Pillay Govender Moodley Chetty Reddy Maharaj Singh Patel Desai Khan Ismail Cassim Essop "
        "Padayachee Naicker",
        "Rajesh:Raj Pranesh:Pran Saraswathi:Saras Vikram:Vik Ebrahim:Ebi",
    ),
    "italian": _tongue(
        "Giuseppe Salvatore Alessandro Francesco Lorenzo Matteo Gianluca Domenico Vincenzo Pasquale Umberto "
        "Fabrizio Luca Marco Emanuele",
        "Giovanna Alessandra Francesca Chiara Federica Valentina Simona Antonella Rosaria Concetta Ilaria "
        "Beatrice Lucia Mirella Ornella",
        "Rossi Bianchi Esposito Ricci De_Luca Lombardi Moretti Barbieri Fontana Caruso Ferrara Galli Martini "
        "Leone D'Amico Dell'Orto",
        "Giuseppe:Beppe Salvatore:Totò Alessandro:Sandro Francesco:Franco Giovanna:Gianna Domenico:Mimmo "
        "Vincenzo:Enzo",
    ),
    "polish": _tongue(
        "Stanisław Zbigniew Grzegorz Łukasz Jarosław Mirosław Bartłomiej Przemysław Kazimierz Mateusz Jakub "
        "Michał Paweł Piotr",
        "Bożena Grażyna Elżbieta Jadwiga Joanna Zofia Danuta Halina Iwona Beata Dorota Renata Urszula "
        "Weronika",
        "Kowalczyk Wójcik Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Jankowski "
        "Mazur Wojciechowski Kwiatkowski Kaczmarek",
        "Stanisław:Staszek Grzegorz:Grzesiek Bartłomiej:Bartek Jakub:Kuba Elżbieta:Ela Joanna:Asia "
        "Zofia:Zosia Mateusz:Mati",
    ),
    "turkish": _tongue(
        "Mehmet Mustafa Ahmet Hüseyin İbrahim Osman Yusuf Murat Emre Burak Hakan Serkan Cem",
        "Ayşe Fatma Emine Hatice Zeynep Elif Meryem Şerife Sultan Hacer Gülsüm Esra Derya",
        "Yılmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydın Özdemir Arslan Doğan Koç Kılıç",
        "Mehmet:Memo İbrahim:İbo Mustafa:Musti",
    ),
    "iberian": _tongue(
        "Francisco Manuel Joaquim Gonçalo Rodrigo Duarte Nuno Hélder Iñigo Álvaro Ignacio Rafael Santiago",
        "Conceição Mafalda Inês Beatriz Leonor Guadalupe Dolores Pilar Rocío Montserrat Graça Fátima Teresa",
        "Gonçalves Magalhães Figueiredo Teixeira Núñez Ibáñez Zúñiga Olmedo Carvalho Pinheiro Azevedo "
        "García_Lorca Souza_Lobo",
        "Francisco:Paco Ignacio:Nacho Manuel:Manolo Dolores:Lola Guadalupe:Lupe Montserrat:Montse "
        "Conceição:São",
    ),
    "nordic": _tongue(
        "Bjørn Sven Håkan Åke Søren Jørgen Magnus Lars Henrik Torbjörn Gunnar Anders Mikkel",
        "Astrid Solveig Åsa Kirsten Birgitta Sigrid Ragnhild Annika Freja Karin Ingeborg Malin Tove",
        "Østergaard Lindqvist Håkansson Sørensen Bergström Dahl Nygård Þorsteinsson Kjær Ekström Holm Åberg "
        "Rasmussen",
        "Magnus:Mange Birgitta:Gitta Ingeborg:Inga Torbjörn:Tobbe",
    ),
}
