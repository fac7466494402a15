"""The second factor of staff: six digits of an app (TOTP), by django-otp, and recovery codes to write down.

Optional for everybody; a club can demand it of its admins, or of all (setting `secondFactorFor`). Whoever has a device
shows a code after the password, once a session. The API knows no sessions and is not concerned.
"""

from collections.abc import Callable
from typing import Final, cast
from urllib.parse import urlencode

import django_otp
import qrcode
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathImage

from tenants.middleware import ADMIN_PATH, StaffRequest
from tenants.models import Role, Tenant, User

RECOVERY_CODES: Final = 10
# In a club's settings: of whom a second factor is demanded.
DEMANDED_OF: Final = "secondFactorFor"
NOBODY, ADMINS, EVERYBODY = "NOBODY", "ADMINS", "EVERYBODY"
CHOICES: Final = ((NOBODY, "Nobody: it is optional"), (ADMINS, "Admins"), (EVERYBODY, "Everybody"))


class SecondFactorMiddleware:
    """Leads whoever owes a code to the page that asks for it, and whoever must have a device to where it is set up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or lead away from the back office."""
        path = request.path_info
        if path != ADMIN_PATH and not path.startswith(f"{ADMIN_PATH}/"):
            return self.get_response(request)
        if path in (reverse("admin:login"), reverse("admin:logout")) or not request.user.is_authenticated:
            return self.get_response(request)
        if is_waited_for(request):
            back = request.get_full_path() if request.method == "GET" else reverse("admin:index")
            return HttpResponseRedirect(f"{reverse('account-code')}?{urlencode({'next': back})}")
        staff = cast(StaffRequest, request)
        here = reverse("admin:second_factor")
        if path != here and is_demanded(staff.tenant, staff.role) and not has_device(staff.user):
            return HttpResponseRedirect(here)
        return self.get_response(request)


def is_demanded(club: Tenant | None, role: Role | None) -> bool:
    """Whether the club wants a second factor of people in this role."""
    wanted = club.settings.get(DEMANDED_OF, NOBODY) if club is not None else NOBODY
    return wanted == EVERYBODY or (wanted == ADMINS and role is Role.ADMIN)


def device_of(user: User | AnonymousUser) -> TOTPDevice | None:
    """The app that the user has set up."""
    device: TOTPDevice | None = TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).first()
    return device


def has_device(user: User | AnonymousUser) -> bool:
    """Whether the user logs in with a second factor."""
    return device_of(user) is not None


def is_waited_for(request: HttpRequest) -> bool:
    """Whether the person still owes the second factor in this session."""
    shown = request.session.get(django_otp.DEVICE_ID_SESSION_KEY)
    if shown:
        device = Device.from_persistent_id(shown)
        if device is not None and device.user_id == request.user.pk and device.confirmed:
            return False
    return has_device(request.user)


def show_code(request: HttpRequest, code: str) -> bool:
    """Take a code of the logged-in user's app, or a recovery code, for the rest of the session."""
    device = matching_device(cast(User, request.user), code)
    if device is None:
        return False
    django_otp.login(request, device)
    return True


def matching_device(user: User, code: str) -> Device | None:
    """The device whose code it is; the library counts wrong ones and lets them wait ever longer."""
    code = "".join(code.split()).lower()
    kind = TOTPDevice if code.isdigit() else StaticDevice
    with transaction.atomic():
        for device in kind.objects.filter(user=user, confirmed=True).select_for_update():
            if device.verify_token(code):
                return device
    return None


def begin(user: User) -> TOTPDevice:
    """A device with a new secret, which counts once a code of it was shown."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user, confirmed=False).delete()
        device: TOTPDevice = TOTPDevice.objects.create(user=user, name="App", confirmed=False)
    return device


def waiting_device(user: User) -> TOTPDevice | None:
    """The device that is being set up."""
    device: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return device


def confirm(user: User, code: str) -> TOTPDevice | None:
    """Let the device that is being set up count, if the code is its own."""
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        if device is None or not device.verify_token("".join(code.split())):
            return None
        TOTPDevice.objects.filter(user=user, confirmed=True).delete()
        device.confirmed = True
        device.save(update_fields=["confirmed"])
    return cast(TOTPDevice, device)


def new_recovery_codes(user: User) -> list[str]:
    """Ten codes to write down, each good once; the ones before are worth nothing from now on."""
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="Recovery codes")
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def forget(user: User) -> int:
    """Take the user's devices away; how many there were."""
    with transaction.atomic():
        count: int = TOTPDevice.objects.filter(user=user).delete()[0]
        StaticDevice.objects.filter(user=user).delete()
    return count


def picture(device: TOTPDevice) -> str:
    """The device's secret as a square for the camera of the phone, as SVG."""
    image = qrcode.make(device.config_url, image_factory=SvgPathImage, border=2)
    text: str = image.to_string(encoding="unicode")
    return text
