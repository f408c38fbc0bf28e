"""What the vendors take, written down apart from the rate cards, so that both can be held together."""

from decimal import Decimal

REALTIME_PRICES = {  # dollars a million tokens of gpt-realtime-2.1, November 2026
    "text in": Decimal("4.00"),
    "text in, cached": Decimal("0.40") - Decimal("4.00"),  # it is counted within "text in"
    "text out": Decimal("24.00"),
    "audio in": Decimal("32.00"),
    "audio in, cached": Decimal("0.40") - Decimal("32.00"),
    "audio out": Decimal("64.00"),
}
TRANSCRIPTION_A_MINUTE = Decimal("0.017")
LIVE_A_MINUTE = Decimal("0.05")
