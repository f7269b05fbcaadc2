"""The lists that the screens show row by row."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    Property,
    QAbstractListModel,
    QByteArray,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from clockhouse_kiosk.present import Tile

_ROLES: Final = ("title", "detail", "chosen", "more", "sign", "colour")
_FIRST: Final = int(Qt.ItemDataRole.UserRole)


class Tiles(QAbstractListModel):
    """The tiles of one page; rows that stay are changed in place, so that nothing flickers."""

    countChanged = Signal()  # noqa: N815 - Qt's spelling

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Tile] = []

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = _FIRST) -> Any:
        if not index.isValid() or not 0 <= role - _FIRST < len(_ROLES):
            return None
        return getattr(self._rows[index.row()], _ROLES[role - _FIRST])

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802
        return {_FIRST + number: QByteArray(name.encode()) for number, name in enumerate(_ROLES)}

    def show(self, rows: Sequence[Tile]) -> None:
        """Show these and no others."""
        before, after = len(self._rows), len(rows)
        if before > after:
            self.beginRemoveRows(QModelIndex(), after, before - 1)
            del self._rows[after:]
            self.endRemoveRows()
        for number, row in enumerate(rows[: len(self._rows)]):
            if self._rows[number] != row:
                self._rows[number] = row
                self.dataChanged.emit(self.index(number), self.index(number))
        if after > before:
            self.beginInsertRows(QModelIndex(), before, after - 1)
            self._rows.extend(rows[before:])
            self.endInsertRows()
        if before != after:
            self.countChanged.emit()

    def _count(self) -> int:
        return len(self._rows)

    count = Property(int, _count, notify=countChanged)
