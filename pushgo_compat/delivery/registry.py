"""Every kind of target: a new one is one folder and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.core.delivery import Kind
from pushgo_compat.delivery.kinds.apns import APNS
from pushgo_compat.delivery.kinds.apprise import APPRISE
from pushgo_compat.delivery.kinds.bark import BARK
from pushgo_compat.delivery.kinds.bark_app import BARK_APP
from pushgo_compat.delivery.kinds.fcm import FCM
from pushgo_compat.delivery.kinds.ntfy import NTFY
from pushgo_compat.delivery.kinds.ntfy_ios import NTFY_IOS
from pushgo_compat.delivery.kinds.pushgo import PUSHGO
from pushgo_compat.delivery.kinds.webhook import WEBHOOK
from pushgo_compat.delivery.kinds.webpush import WEBPUSH

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        PUSHGO,
        APNS,
        BARK_APP,
        FCM,
        WEBPUSH,
        WEBHOOK,
        NTFY,
        NTFY_IOS,
        BARK,
        APPRISE,
    )
}
