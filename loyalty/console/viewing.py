"""View as a partner: begun with a reason, ended by hand or by itself."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Account, Member
from accounts.roles import staff_required
from accounts.viewing import LONGEST_REASON, VIEWERS, CannotView, begin
from loyalty.viewing import KEPT


class ViewForm(forms.Form):
    member = forms.ModelChoiceField(
        label=gettext_lazy("As whom"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("Nobody in particular, who may only read"),
        help_text=gettext_lazy("A person's own points are shown only where you look as them."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=LONGEST_REASON,
        help_text=gettext_lazy("Such as the number of their ticket. It is kept with your name."),
    )

    def __init__(self, *args, account: Account, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        people = Member.objects.filter(account=account, is_active=True).order_by("name", "id")
        self.fields["member"].queryset = people


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*VIEWERS)
def view_as(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = get_object_or_404(Account, pk=account_id)
    form = ViewForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        about = {"account": account, "staff": request.staff, "now": timezone.now()}
        try:
            request.session[KEPT] = begin(**form.cleaned_data, **about)
        except CannotView as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("portal")
    context = {"form": form, "account": account}
    status = 422 if form.errors else 200
    return render(request, "console/view_as.html", context, status=status)


@require_POST
@staff_required(*VIEWERS)
def end_view(request: HttpRequest) -> HttpResponse:
    """Back to the account; ending what is over already is no mistake."""
    kept = request.session.pop(KEPT, None)
    messages.info(request, _("Viewing as a partner has ended."))
    return redirect("console_account", kept["account"]) if kept else redirect("console_accounts")
