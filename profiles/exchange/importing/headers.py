"""Headers of columns as clubs and their programs write them, and what they mean."""

import re
from collections.abc import Mapping
from typing import Final

from profiles.exchange.importing.targets import Target
from profiles.normalise import folded

# Headers as clubs write them, folded; English, Afrikaans, and the languages of clubs in Europe and East Asia.
SYNONYMS: Final[Mapping[Target, str]] = {
    Target.MEMBER: (
        "会員番号|会員no|会員id|會員編號|會員號|회원번호|номер члена|αριθμος μελους|clenske cislo|"
        "cislo clena|tagszam|uye no|n socio|n de socio|num socio|socio|"
        "会员号|会员编号|"
        "medlemsnummer|medlemsnr|mitgliedsnr|numero de adherent|numero adherent|n adherent|no socio|numero socio|"
        "no de socio|tessera|numero tessera|nr członka|nr czlonka|jasennumero|club number|membership nr|mem number|"
        "member number|member no|member nr|member id|memberid|memberno|membership number|membership no|membership id|"
        "mem no|scl id|scl member id|sclmemberid|member|lidnommer|lid nr|mitgliedsnummer|mitglieds nr|lidnummer|"
        "numero de membre|numero de socio"
    ),
    Target.PLAYER: "teetime player id|teetimeplayerid|player id|playerid|tee time id",
    Target.GOLF_RSA: "golfrsa|golf rsa|golfrsa number|golf rsa number|golfrsa id|golfrsa no|saga number|saga no|hna id",
    Target.CDH: "cdh|cdh id|cdh number|cdh no|cdhid|england golf number|whs number|golf ireland number",
    Target.FIRST_NAME: (
        "имя|ονομα|jmeno|krestni jmeno|keresztnev|utonev|ad|prenume|ime|"
        "nome proprio|"
        "名|名字|"
        "roepnaam|rufname|fornamn|fornavn|etunimi|imie|fore name|forenames|nom de pila|nome proprio|"
        "first name|firstname|first names|first|forename|forenames|given name|given names|christian name|known as|"
        "preferred name|voornaam|voorname|noemnaam|vorname|prenom|nombre|primeiro nome|name first|first name s"
    ),
    Target.LAST_NAME: (
        "苗字|фамилия|επωνυμο|prijmeni|priezvisko|vezeteknev|soyad|soyadi|"
        "nume de familie|prezime|nom d'usage|nom usuel|"
        "姓|"
        "efternamn|efternavn|etternavn|sukunimi|nazwisko|cognome|primer apellido|ultimo nome|nom de famille|"
        "name last|family name s|zuname|"
        "last name|lastname|last|surname|family name|second name|sur name|van|nachname|familienname|achternaam|nom|"
        "apellido|apellidos|sobrenome|apelido|name last|name surname"
    ),
    Target.FULL_NAME: (
        "氏名|名前|お名前|성명|이름|성함|фио|ονοματεπωνυμο|jmeno a prijmeni|teljes nev|"
        "ad soyad|adi soyadi|"
        "姓名|"
        "nome|nome completo|nombre completo|nombre y apellidos|nom complet|vollstandiger name|full names|"
        "name|full name|fullname|member name|player name|player|customer|customer name|contact name|name and surname|"
        "naam|naam en van|volle naam"
    ),
    Target.EMAIL: (
        "メールアドレス|メール|eメール|電子メール|電子郵件|電郵|信箱|이메일|이메일 주소|메일|почта|эл почта|"
        "электронная почта|e posta|eposta|e mail cim|"
        "邮箱|电子邮箱|电子邮件|"
        "e mailadres|emailadres|e post|epost|mail adresse|mailadresse|adresse e mail|adresse mail|adres e mail|"
        "sahkoposti|indirizzo e mail|e mail privat|email privat|work email|e mail work|email work|e mail personal|"
        "personal email|home email|"
        "e mail|email|mail|e mail address|email address|emailaddress|email 1|e mail 1|e mail 1 value|"
        "e mail 2 value|email 2|"
        "e mail 2|e mail 2 address|e mail 3 value|secondary email|primary email|contact email|"
        "contact e mail|email home|e mail home|epos|e pos|epos adres|e mail adresse|courriel|correo|"
        "correo electronico"
    ),
    Target.PHONE: (
        "携帯電話|携帯電話番号|携帯番号|携帯|電話番号|電話|手機|手機號碼|"
        "휴대폰|휴대폰번호|휴대폰 번호|휴대전화|핸드폰|전화번호|전화|"
        "연락처|телефон|мобильный|мобильный телефон|κινητο|τηλεφωνο|"
        "mobilni telefon|telefonszam|cep telefonu|mobile phone number|"
        "cell phone number|home phone number|"
        "手机|手机号|手机号码|电话|电话号码|"
        "tel h|tel w|tel home|tel work|tel cell|tel mobile|home phone number|work tel|mobiltelefon|mobilnummer|mobiel|"
        "mobiele telefoon|telefon privat|telefon mobil|tel portable|telephone portable|telefono movil|cellulare|"
        "puhelin|telefone|celular|numer telefonu|handynummer|rufnummer|mobil nr|mob|mob no|"
        "phone|phone number|phonenumber|phone no|telephone|telephone number|tel|tel no|mobile|"
        "mobile number|mobile no|"
        "mobile phone|cell|cell no|cell number|cellphone|cell phone|cellular|contact number|contact no|contact phone|"
        "contact mobile|contact cell|phone mobile|phone 1|phone 2|phone 1 value|phone 2 value|"
        "phone 3 value|home phone|home tel|"
        "business phone|work phone|primary phone|other phone|mobile phone 2|selfoon|sel|selnommer|"
        "telefoon|telefon|handy|mobil|"
        "telefonnummer|movil|telefono|telemovel|portable|whatsapp"
    ),
    Target.BIRTH: (
        "生年月日|誕生日|생년월일|생일|дата рождения|ημερομηνια γεννησης|datum narozeni|"
        "datum narodenia|szuletesi datum|dogum tarihi|data nascimento|data nasc|"
        "data de nasc|data ur|data nasterii|"
        "geb|geb am|出生日期|生日|"
        "geb datum|geburtstag|geboren|geboren am|ne e le|ne le|data di nascita|fodselsdato|fodelsedatum|syntymaaika|"
        "data urodzenia|birth day|date birth|"
        "date of birth|dateofbirth|birth date|birthdate|birthday|dob|d o b|born|geboortedatum|geb datum|geburtsdatum|"
        "geburtstag|date de naissance|fecha de nacimiento|data de nascimento"
    ),
    Target.GENDER: (
        "性別|성별|пол|φυλο|pohlavi|cinsiyet|nem|"
        "性别|kon|kjonn|plec|sukupuoli|sesso|gender|sex|m f|geslag|geslacht|geschlecht|sexe|sexo"
    ),
    Target.POSTCODE: (
        "郵便番号|邮编|邮政编码|郵遞區號|우편번호|почтовый индекс|psc|iranyitoszam|posta kodu|"
        "home postal code|home postcode|address 1 postal code|mailing zip postal code|mailing zip|zip postal code|"
        "post nr|postnr|postnummer|kod pocztowy|postinumero|cp|"
        "postcode|post code|postal code|zip|zip code|zipcode|poskode|plz|postleitzahl|code postal|codigo postal|cap"
    ),
    Target.COUNTRY: (
        "国|国家|國家|국가|страна|χωρα|zeme|orszag|ulke|"
        "country region|home country region|home country|mailing country|address 1 country|paese|maa|kraj|country|"
        "nationality|land|pays|pais"
    ),
    Target.LANGUAGE: "language|lang|taal|sprache|langue|idioma",
    Target.HANDICAP: (
        "ハンディキャップ|ハンディ|ハンデ|差点|差點|핸디캡|핸디|гандикап|χαντικαπ|hcp ega|ega hcp|"
        "ega handicap|handicap ega|hcp whs|whs hcp|hcp exact|"
        "hcpi|hcp i|hcp index|exact hcap|exact h cap|exact hcp|handicap exact|stammvorgabe|tasoitus|"
        "handicap|hcp|hdcp|hcap|handicap index|whs index|h i|hi|index|playing handicap|exact handicap|voorgee|vorgabe"
    ),
    Target.HOME_CLUB: "home club|homeclub|club|club name|home club name|tuisklub|heimatclub|thuisclub",
    Target.TIER: (
        "会員種別|会員区分|会员类型|会籍类型|會籍|회원구분|회원종류|회원등급|"
        "mitgliedsart|mitgliedskategorie|lidsoort|type d adhesion|tipo de socio|categoria de socio|medlemstype|"
        "tier|membership tier|membership type|membership category|membership class|membershiptype|"
        "membership|category|"
        "member type|member category|class|type|subscription|lidmaatskap|kategorie|mitgliedschaft|categorie|categoria"
    ),
    Target.STATUS: "status|membership status|member status|membershipstatus|state|lidstatus",
    Target.MEMBER_SINCE: (
        "入会日|入会日期|入會日期|가입일|가입일자|дата вступления|"
        "lid vanaf|fecha de alta|data di iscrizione|data de adesao|date d adhesion|medlem siden|medlem sedan|"
        "member since|membersince|joined|date joined|join date|joining date|joined on|"
        "date of joining|membership start|"
        "start date|since|lid sedert|aansluitingsdatum|eintritt|eintrittsdatum|mitglied seit|lid sinds"
    ),
    Target.EXPIRY: (
        "有効期限|到期日|到期日期|만료일|"
        "gultig bis|gyldig til|scadenza|fecha de vencimiento|date d expiration|lid tot|"
        "expiry|expiry date|expires|membership expiry|membershipexpiry|expiration date|renewal|renewal date|"
        "valid until|valid to|paid until|end date|vervaldatum|ablaufdatum|gultig bis|einddatum"
    ),
    Target.PREFIX: "tussenvoegsel|tussenvoegsels|voorvoegsel|voorvoegsels|name prefix|last name prefix|namenszusatz",
    Target.TAGS: (
        "タグ|標籤|태그|"
        "group membership|标签|"
        "categories|kategorien|etiquetas|tags|tag|labels|label|groups|group|keywords|interests"
    ),
}
BY_WORDS: Final[Mapping[str, Target]] = {
    folded(word): target for target, words in SYNONYMS.items() for word in words.split("|")
}
# Whoever answers for consent is the Messaging service: such columns are never taken.
CONSENT_WORDS: Final = (
    "opt in",
    "optin",
    "opt out",
    "consent",
    "newsletter",
    "marketing",
    "subscribed",
    "popia",
    "gdpr",
)
# Headers that mean something else as often: of two columns the other one counts.
VAGUE: Final = frozenset(
    "second name|van|last|first|state|index|h i|hi|name|member|player|club|club name|category|class|type|"  # noqa: SIM905
    "group|groups|since|born|mail|land|nationality|cap|portable|known as|preferred name|noemnaam|customer|"
    "label|labels|interests|keywords|start date|end date|subscription|membership|nom|name first|name last|"
    "renewal|expires|nome|socio|ad|ime|nem|tessera|categories|cp|geboren|mob".split("|")
)
OTHERS: Final = (
    "next spouse spouses partner partners wife husband emergency kin parent parents guardian guardians mother father "
    "mom dad child son daughter sponsor proposer seconder referee doctor notfall notfallkontakt ehepartner partnerin "
    "conjoint pareja coniuge eggenoot eggenote noodgeval urgence emergencia emergenza agent secretary manager "
    "assistant invited introduced bill billing payer"
)
# Between two names of one column: Surname / Van, Vorname (First name).
BETWEEN_NAMES: Final = re.compile(r"[/|()\[\]\r\n:;,]|\s[-–]\s")
# How a cell is to be filled in, said in its header.
HINTS: Final = frozenset(
    "dd|mm|yyyy|yy|ddmmyyyy|yyyymmdd|jjjj|tt|jj|aaaa|dd mm yyyy|mm dd yyyy|yyyy mm dd|tt mm jjjj|jj mm aaaa|"  # noqa: SIM905
    "dd mm jjjj|optional|required|mandatory|if any|verplig|opsioneel|pflichtfeld|facultatif|obligatoire|"
    "international|format".split("|")
)
INNER_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Columns about somebody else than the row's person: their address would be taken for the person's own.
OF_OTHERS: Final = frozenset(OTHERS.split())


def words_of_header(text: str) -> str:
    """A header folded, with its words apart as programs run them together: MobilePhone."""
    words = folded(text)
    apart = words if words in BY_WORDS else folded(INNER_CAPITAL.sub(" ", text))
    return apart if apart in BY_WORDS else _in_two_languages(text) or words


def _in_two_languages(text: str) -> str:
    """The name that says most of a header with several for one thing, as in Surname / Van or D.O.B. (dd/mm/yyyy).

    Empty where a part is another thing, or unknown.
    """
    parts = [words for part in BETWEEN_NAMES.split(text) if (words := folded(part))]
    names = [words for words in parts if words not in HINTS]
    targets = {BY_WORDS.get(words) for words in names}
    if len(parts) < 2 or len(targets) != 1 or None in targets:  # noqa: PLR2004 - two
        return ""
    return min(names, key=lambda words: words in VAGUE)


def is_known_header(text: str, remembered: Mapping[str, str]) -> bool:
    """Whether the text is the header of a known kind of column."""
    return words_of_header(text) in BY_WORDS or folded(text) in remembered


def is_consent(header: str) -> bool:
    """Whether a column seems to hold who may be written to."""
    words = folded(header)
    return any(sign in words for sign in CONSENT_WORDS)


def is_of_others(header: str) -> bool:
    """Whether a column seems to be about somebody else: a spouse, a parent, a contact for emergencies."""
    return not OF_OTHERS.isdisjoint(folded(header).split())
