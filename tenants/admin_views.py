"""Small views of the back office that belong to the ground floor."""

from typing import cast

from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tenants.directory import find_tenant
from tenants.middleware import SESSION_TENANT, StaffRequest
from tenants.roles import role_of


@staff_member_required
@require_POST
def switch_tenant(request: HttpRequest) -> HttpResponse:
    """Work in another tenant (form field `tenant`: UUID, slug or alias) from the next request on.

    Goes to `next` when that is a page of ours, else to the start page: the page one comes from may show a
    row that the other tenant does not have. Answers 404 for a tenant that is not the user's, as for one
    that does not exist.
    """
    staff = cast(StaffRequest, request)
    tenant = find_tenant(request.POST.get("tenant", ""))
    if tenant is None or role_of(staff.user, tenant) is None:
        raise Http404("There is no such tenant among yours.")
    request.session[SESSION_TENANT] = str(tenant.pk)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("admin:index")
    return HttpResponseRedirect(target)
