pragma ComponentBehavior: Bound

import QtQuick

// Every page but the first; `wall` is the window.
Item {
    id: pages

    required property var wall

    Page {
        wall: pages.wall
        name: "languages"
        content: Languages {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "entry"
        content: Entry {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "person"
        content: Person {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "jobs"
        content: Jobs {
            kiosk: pages.wall.kiosk
            tiles: pages.wall.tiles
        }
    }
    Page {
        wall: pages.wall
        name: "forgotten"
        content: Forgotten {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "detail"
        content: Detail {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "question"
        content: Question {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "own"
        content: Own {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "lead"
        content: Lead {
            kiosk: pages.wall.kiosk
            tiles: pages.wall.tiles
        }
    }
    Page {
        wall: pages.wall
        name: "answer"
        content: Answer {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "administer"
        content: Administer {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "picture"
        content: Picture {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "typing"
        content: Typing {
            kiosk: pages.wall.kiosk
        }
    }
    Page {
        wall: pages.wall
        name: "join"
        content: Join {
            kiosk: pages.wall.kiosk
        }
    }
}
