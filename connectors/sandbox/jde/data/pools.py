"""Invented names, places and trades from which the address book is drawn.

No company, person or number here is real; mail goes to the example domains.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "đ": "d", "Đ": "D", "æ": "ae"}
)


def ascii_of(text: str) -> str:
    """Lower-case ASCII letters and digits of a name, for a mail address."""
    flat = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(one for one in flat if one.isascii() and one.isalnum()).lower()


@dataclass(frozen=True, slots=True)
class Country:
    """What a country lends its companies. `cities` are (city, state, postal code)."""

    code: str
    language: str
    currency: str
    prefix: str
    forms: tuple[str, ...]
    cities: tuple[tuple[str, str, str], ...]
    streets: tuple[str, ...]
    given: tuple[str, ...]
    surnames: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


def _country(head: str, *lists: str) -> Country:
    code, language, currency, prefix = head.split("|")
    forms, cities, streets, given, surnames = map(_words, lists)
    places = tuple(
        (city, state, postal)
        for city, state, postal in (one.split("/") for one in cities)
    )
    return Country(
        code,
        language.strip() or " ",
        currency,
        prefix,
        forms,
        places,
        streets,
        given,
        surnames,
    )


COUNTRIES: tuple[Country, ...] = (
    _country(
        "US||USD|1",
        "Inc.|LLC|Corp.|Co.|Holdings, Inc.",
        "Cedar Falls/IA/50613|Fort Wayne/IN/46802|Reno/NV/89501|Boise/ID/83702"
        "|St. Paul/MN/55101|Coeur d'Alene/ID/83814|Winston-Salem/NC/27101",
        "Industrial Pkwy|Mill Street|Commerce Drive|Old Quarry Road|River Bend Ave",
        "Grace|Tyrell|Joanna|Marcus|Dana|Ruth Ann|Owen|Shanice|Caleb|Teresa",
        "Halvorsen|O'Rourke|Whitfield|Delacroix|Mackey|St. James|Okafor|Brandt|Yoder",
    ),
    _country(
        "CA||CAD|1",
        "Ltd.|Inc.|Limitée",
        "Guelph/ON/N1H 3A1|Trois-Rivières/QC/G9A 5L1|Red Deer/AB/T4N 1X8",
        "rue des Forges|Bay Street|Chemin du Lac|Prairie Road",
        "Élise|Gord|Noémie|Ian|Thérèse|Kyle",
        "Bouchard|MacAskill|Tremblay-Roy|Gagné|D'Arcy|Singh",
    ),
    _country(
        "GB||GBP|44",
        "Ltd|plc|& Sons Ltd|Group Ltd",
        "Sheffield//S1 2HE|Kettering//NN16 8QP|Bishop's Stortford//CM23 3AN"
        "|Llanelli//SA15 1UH",
        "Foundry Lane|King's Road|Canal Wharf|St. Mary's Way",
        "Nigel|Siân|Priya|Harriet|Callum|Eleanor|Imran",
        "O'Connell|Ashworth-Bligh|Featherstone|Pryce|Haddad|Winterbourne",
    ),
    _country(
        "IE||EUR|353",
        "Ltd|DAC|Teoranta",
        "Dún Laoghaire//A96 K2V5|Galway//H91 E2R8|Cork//T12 W8KP",
        "O'Connell Street|Quay Road|Bóthar na Trá",
        "Aoife|Ciarán|Siobhán|Pádraig|Niamh",
        "O'Súilleabháin|Ní Bhriain|Mac Giolla|D'Alton|Hanrahan",
    ),
    _country(
        "DE|G|EUR|49",
        "GmbH|AG|GmbH & Co. KG|KG|e.K.",
        "München/BY/80331|Köln/NW/50667|Görlitz/SN/02826|Würzburg/BY/97070"
        "|Lübeck/SH/23552",
        "Hauptstraße|Am Güterbahnhof|Mühlenweg|Schlossallee|Industriestraße",
        "Jürgen|Anneliese|Björn|Käthe|Hans-Peter|Sören|Ulrike",
        "Müller-Lüdenscheidt|Groß|Schönfeld|Weißmann|Bäcker|Krüger|Voß",
    ),
    _country(
        "AT|G|EUR|43",
        "GmbH|OG|AG",
        "Linz//4020|Sankt Pölten//3100|Klagenfurt//9020",
        "Wörther Gasse|Ringstraße|Am Kögl",
        "Leopold|Edeltraud|Günther|Marlies",
        "Höllriegl|Gößler|Pichler|Übelacker",
    ),
    _country(
        "FR|F|EUR|33",
        "SARL|SAS|SA|et Fils",
        "Besançon//25000|Nîmes//30000|L'Haÿ-les-Roses//94240|Saint-Étienne//42000",
        "rue de l'Église|avenue du Général|chemin des Prés|place d'Armes",
        "Hélène|François|Zoë|Anaïs|Benoît|Maëlle|Jean-Luc",
        "Lefèvre|d'Aubigné|Châtelain|Noël|L'Hermitte|Garçon",
    ),
    _country(
        "ES|S|EUR|34",
        "S.L.|S.A.|e Hijos S.L.",
        "Logroño//26001|Cáceres//10003|A Coruña//15001",
        "Calle Mayor|Avenida de la Constitución|Polígono Ibáñez",
        "Iñigo|Begoña|José María|Lucía|Ángel",
        "Núñez|Ibáñez Peña|Muñoz|Etxeberria|Gómez-Acebo",
    ),
    _country(
        "IT|I|EUR|39",
        "S.r.l.|S.p.A.|& C. s.a.s.",
        "Forlì/FC/47121|L'Aquila/AQ/67100|Cantù/CO/22063",
        "Via dell'Industria|Corso Libertà|Viale Umberto",
        "Nicolò|Giosuè|Chiara|Debora|Pierluigi",
        "D'Angelo|Dell'Acqua|Fabbri|Cantù|Lo Monaco",
    ),
    _country(
        "PL|PL|PLN|48",
        "Sp. z o.o.|S.A.|i Wspólnicy",
        "Łódź//90-001|Wrocław//50-101|Częstochowa//42-200|Świdnica//58-100",
        "ul. Źródlana|ul. Żeromskiego|aleja Słoneczna",
        "Wojciech|Małgorzata|Łukasz|Agnieszka|Zdzisław",
        "Wąsowski|Święcicka|Źrałek|Brzęczyszczykiewicz|Kołodziej",
    ),
    _country(
        "CZ|CZ|CZK|420",
        "s.r.o.|a.s.",
        "Plzeň//301 00|České Budějovice//370 01|Ústí nad Labem//400 01",
        "Na Příkopě|Průmyslová|Dlouhá třída",
        "Jiří|Květa|Ondřej|Zdeňka",
        "Dvořáček|Říhová|Šťastný|Žižková",
    ),
    _country(
        "SE|SW|SEK|46",
        "AB|Handelsbolag",
        "Växjö//352 30|Örebro//702 10|Umeå//903 26",
        "Storgatan|Ångbåtsvägen|Järnvägsgatan",
        "Åsa|Göran|Märta|Björn",
        "Sjöström|Ängström|Öberg|Hägg",
    ),
    _country(
        "DK|DN|DKK|45",
        "ApS|A/S",
        "Aarhus//8000|Helsingør//3000|Rønne//3700",
        "Søndergade|Ærøvej|Fabriksvej",
        "Søren|Kirsten|Jørgen|Åse",
        "Sørensen|Bjerregård|Østergaard|Kjær",
    ),
    _country(
        "JP|J|JPY|81",
        "K.K.|株式会社|G.K.",
        "Ōtsu/SG/520-0044|Kōfu/YM/400-0031|Niigata/NI/950-0088",
        "Sakura-dōri|Kitamachi|Minami-ku Chūō",
        "Kei|Yūko|Shun'ichi|Haruka|Ryōta|健太",
        "Ito|Ōno|Satō|Shin'ya|Kōno|小林",
    ),
    _country(
        "GR|GR|EUR|30",
        "Α.Ε.|Ε.Π.Ε.",
        "Πάτρα//26221|Βόλος//38221|Καβάλα//65403",
        "Οδός Ερμού|Λεωφόρος Νίκης",
        "Ελένη|Γιώργος|Δήμητρα",
        "Παπαδάκη|Νικολάου|Αγγελίδης",
    ),
    _country(
        "BR|BP|BRL|55",
        "Ltda.|S.A.|& Irmãos Ltda.",
        "São José/SC/88101|Ribeirão Preto/SP/14010|Goiânia/GO/74003",
        "Rua das Acácias|Avenida São João|Rodovia Anhangá",
        "João|Conceição|Thaís|Antônio",
        "Gonçalves|Araújo d'Ávila|Simões|Conceição",
    ),
)

STEMS = _words(
    "Northfold|Brightwater|Halcyon|Kestrel|Ironbridge|Larkspur|Meridian"
    "|Oakhaven|Vesper|Bluefin|Castellane|Dornfeld|Évreux|Falkenried|Grünwald"
    "|Hollowell|Iwamori|Jurawa|Königsau|Lindqvist|Monteforte|Nordlys|Ørsholm"
    "|Piastów|Quintessa|Ravnsborg|Søholm|Tamarack|Umbriaco|Valdoré|Wexcombe"
    "|Yamanashi|Zielonka|O'Bannon's|St. Elmo's|Three Rivers|A1 Delta"
    "|Čapek & Daughter|D'Orsay|Łąka"
)

TRADES = _words(
    "Pumps|Bakery|Textiles|Optics|Hydraulics|Dairy|Printing|Timber|Coatings"
    "|Bearings|Pharmacy|Breweries|Castings|Logistics|Robotics|Seeds|Ceramics"
    "|Instruments|Furniture|Marine Supply|Irrigation|Packaging|Clinics|Hotels"
    "|Sportswear|Solar|Recycling|Toys"
)

TRADE_CODES = _words(
    "3561|2051|2211|3827|3593|2026|2752|2421|2851|3562|5912|2082|3321|4731|3569"
    "|0181|3269|3829|2511|5088|3523|2671|8011|7011|2329|3433|4953|3944"
)

TITLES = _words(
    "Purchasing Manager|Accounts Payable|Managing Director|Plant Manager"
    "|Chief Engineer|Treasurer|Quality Lead|Office Manager|Owner"
    "|Warehouse Supervisor"
)

MAIL_DOMAINS = ("example.com", "example.net", "example.org")
