"""The demo company: three sites, two kiosks, 40 people, 12 jobs of 5 clients and what they are billed at.

Nobody here is real. Names are as people write them, in the scripts that a yard in Europe meets.
"""

from dataclasses import dataclass

COMPANY = {
    "name": "Meridian Metalworks", "street": "Kranstraße 14", "postcode": "20457", "city": "Hamburg", "country": "DE",
    "tax_id": "DE123456788", "email": "office@meridian.example", "iban": "DE02 1203 0000 0000 2020 51",
    "currency": "EUR", "zone": "Europe/Berlin", "invoice_prefix": "MM",
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    key: str
    name: str
    zone: str
    language: str


@dataclass(frozen=True)
class Kiosk:
    key: str
    name: str
    site: str


@dataclass(frozen=True)
class Client:
    code: str
    name: str
    street: str
    postcode: str
    city: str
    country: str
    tax_id: str
    tax_category: str = "S"
    tax_rate: str = "19"
    in_house: bool = False


@dataclass(frozen=True)
class Job:
    code: str
    client: str
    name: str
    bill: str
    pictogram: str
    colour: str
    tasks: tuple[tuple[str, str], ...] = ()
    billable: bool = True


@dataclass(frozen=True)
class Person:
    number: str
    name: str
    short_name: str
    site: str
    language: str
    badge: str
    pin: str
    jobs: tuple[str, ...]
    cost: str
    shift: str = "day"
    supervisor: bool = False


SITES = (
    Site("yard", "North Yard", "Europe/Berlin", "en"),
    Site("hall", "Harbour Hall", "Europe/Berlin", "de"),
    Site("lisbon", "Lisbon Depot", "Europe/Lisbon", "en"),
)

QUESTIONS = (
    {
        "on_kind": "out",
        "answer": "yes_no",
        "alarming": "yes",
        "position": 1,
        "text": {
            "en": "Were you hurt today, or did something nearly happen?",
            "de": "Wurden Sie heute verletzt, oder wäre fast etwas passiert?",
            "es": "¿Se hizo daño hoy o estuvo a punto de pasar algo?",
            "ar": "هل أُصبت اليوم أو كاد أن يحدث شيء؟",
        },
    },
    {
        "on_kind": "out",
        "answer": "number",
        "position": 2,
        "text": {
            "en": "How many kilometres did you drive?",
            "de": "Wie viele Kilometer sind Sie gefahren?",
            "es": "¿Cuántos kilómetros condujo?",
            "ar": "كم كيلومترًا قدت؟",
        },
    },
)
"""What North Yard asks at the end of a shift."""

KIOSKS = (Kiosk("gate", "Gate 2", "yard"), Kiosk("door", "Door 1", "hall"))

CLIENTS = (
    Client("HC", "Harbour Cranes GmbH", "Am Kai 3", "20459", "Hamburg", "DE", "DE811569869"),
    Client("CR", "City Rail AG", "Bahnhofsplatz 1", "22765", "Hamburg", "DE", "DE136695976"),
    Client("NW", "Nordwind AG", "Deichweg 77", "27472", "Cuxhaven", "DE", "DE129273398"),
    Client(
        "AS",
        "Atelier São Jorge, Lda.",
        "Rua da Prata 18",
        "1100-420",
        "Lisboa",
        "PT",
        "PT501964843",
        "AE",
        "0",
    ),
    Client("IN", "In house", "", "", "", "DE", "", "O", "0", in_house=True),
)

JOBS = (
    Job(
        "1042",
        "HC",
        "Hall B, crane 7",
        "78.00",
        "crane",
        "#1D4E89",
        (("WELD", "Welding"), ("FIT", "Fitting")),
    ),
    Job("1043", "HC", "Hall B, night work", "96.50", "night", "#1B2733"),
    Job("1050", "HC", "Quay rails", "74.00", "rail", "#0B6E4F"),
    Job("0977", "CR", "Depot doors, painting", "62.00", "paint", "#8A5A00"),
    Job("0981", "CR", "Platform railings", "71.25", "assembly", "#8C2F39"),
    Job("0990", "CR", "Emergency call-out", "110.00", "electricity", "#7A2530"),
    Job("1108", "NW", "Tower 3 inspection", "88.00", "inspection", "#1D4E89"),
    Job("1110", "NW", "Tower 5 flanges", "84.00", "tool", "#0B6E4F"),
    Job("1201", "AS", "Gate restoration", "69.00", "carpentry", "#8A5A00"),
    Job("0031", "IN", "Maintenance", "0.00", "tool", "#5A6672", billable=False),
    Job("0012", "IN", "Training", "0.00", "training", "#5A6672", billable=False),
    Job("0001", "IN", "General", "0.00", "general", "#5A6672", billable=False),
)

_PEOPLE = (
    # number, name, short name, site, language, jobs, cost, shift
    ("1001", "Ana Ortiz", "Ana", "yard", "es", "1042 1050", "31.00", "day"),
    ("1002", "Bob Keller", "Bob", "yard", "en", "1042 0977", "29.50", "day"),
    ("1003", "Mehmet Yılmaz", "Mehmet", "yard", "de", "1042 1043", "33.00", "day"),
    ("1004", "Zofia Wiśniewska", "Zofia", "yard", "en", "0977 0981", "27.00", "day"),
    ("1005", "Олена Шевченко", "Олена", "yard", "en", "1050 1042", "28.75", "day"),
    ("1006", "محمد الأحمد", "محمد", "yard", "ar", "1108 1110", "30.00", "day"),
    ("1007", "Nguyễn Thị Hạnh", "Hạnh", "yard", "en", "0977", "26.50", "day"),
    ("1008", "Jörg Brüggemann", "Jörg", "yard", "de", "1042 1050", "34.00", "day"),
    ("1009", "Fatima Zahra Benali", "Fatima", "yard", "ar", "0981 0977", "27.25", "day"),
    ("1010", "Giorgos Papadakis", "Giorgos", "yard", "en", "1110 1108", "32.00", "day"),
    ("1011", "Ελένη Νικολάου", "Ελένη", "yard", "en", "1108", "31.50", "day"),
    ("1012", "Siobhán O'Connor", "Siobhán", "yard", "en", "1042", "30.50", "day"),
    ("1013", "Łukasz Dąbrowski", "Łukasz", "yard", "de", "1050 0031", "28.00", "day"),
    ("1014", "Amadou Diallo", "Amadou", "yard", "en", "1042 1050", "29.00", "day"),
    ("1015", "Hüseyin Çelik", "Hüseyin", "yard", "de", "1043", "35.00", "night"),
    ("1016", "Precious Adeyemi", "Precious", "yard", "en", "1043", "34.50", "night"),
    ("1017", "Björn Ångström", "Björn", "yard", "en", "1110", "33.50", "day"),
    ("1018", "Иван Петров", "Иван", "yard", "en", "1042 1110", "29.75", "day"),
    ("1019", "María José Núñez de la Torre", "María José", "yard", "es", "0981 0977", "28.25", "day"),
    ("1020", "Tom Li", "Tom", "yard", "en", "1042", "27.75", "day"),
    ("1021", "Karin Holm", "Karin", "yard", "de", "0031 1042", "38.00", "day"),
    ("1022", "Rui Figueiredo", "Rui", "lisbon", "en", "1201", "24.00", "day"),
    ("2001", "Sabine Vogel", "Sabine", "hall", "de", "1042 1043", "36.00", "day"),
    ("2002", "דוד לוי", "דוד", "hall", "en", "1042", "31.25", "day"),
    ("2003", "Ngozi Eze", "Ngozi", "hall", "en", "1050 1042", "28.50", "day"),
    ("2004", "Carlos Méndez", "Carlos", "hall", "es", "0981", "27.50", "day"),
    ("2005", "अनिल शर्मा", "अनिल", "hall", "en", "1110 1108", "30.25", "day"),
    ("2006", "Lena Fischer", "Lena", "hall", "de", "0977 0981", "26.75", "day"),
    ("2007", "Yusuf Karaca", "Yusuf", "hall", "de", "1042", "29.25", "day"),
    ("2008", "ليلى حداد", "ليلى", "hall", "ar", "0981 0977", "27.00", "day"),
    ("2009", "Dmytro Kovalenko", "Dmytro", "hall", "en", "1050", "28.00", "day"),
    ("2010", "Ingrid Sørensen", "Ingrid", "hall", "en", "1110", "32.50", "day"),
    ("2011", "Paweł Zieliński", "Paweł", "hall", "de", "1042 1050", "30.00", "day"),
    ("2012", "Chiara Esposito", "Chiara", "hall", "en", "0977", "26.00", "day"),
    ("2013", "Oluwaseun Bakare", "Seun", "hall", "en", "1043", "34.00", "night"),
    ("2014", "Ștefan Țurcanu", "Ștefan", "hall", "de", "1042 0990", "31.00", "day"),
    ("2015", "Jean-Baptiste Lefèvre", "Jean-Baptiste", "hall", "en", "1108", "33.25", "day"),
    ("2016", "Miloš Đorđević", "Miloš", "hall", "de", "1050 0981", "28.75", "day"),
    ("2017", "Thandiwe Nkosi", "Thandiwe", "hall", "en", "0031 0012", "25.50", "day"),
    ("2018", "Ole Petersen", "Ole", "hall", "de", "1042 1110", "37.00", "day"),
)

SUPERVISORS = {"1021", "2018"}
PINS = {"1001": "482915", "1002": "730264", "2001": "615938"}


def _badge(number: str) -> str:
    """Five bytes as an EM4100 card holds them, upper-case hex; leading zeros are part of the number."""
    return f"2A00{int(number) * 7919 % 0xFFFFFF:06X}"


def _pin(number: str) -> str:
    return PINS.get(number, f"{(int(number) * 60013 + 271828) % 900000 + 100000}")


PEOPLE = tuple(
    Person(number, name, short, site, language, _badge(number), _pin(number), tuple(jobs.split()), cost, shift, number in SUPERVISORS)
    for number, name, short, site, language, jobs, cost, shift in _PEOPLE
)  # fmt: skip

UNKNOWN_BADGE = "2A00FFEE01"
