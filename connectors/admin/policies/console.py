"""Error policies: what happens after each class of error, on one page."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from connectors.admin.base import ReadOnlyAdmin
from connectors.admin.history import HistoryMixin, stored_versions
from connectors.admin.policies.words import Meaning, built_in, classes, meaning
from connectors.models import ErrorAction, ErrorPolicy

PERMISSION = "connectors.change_errorpolicy"
# Those that wait; the others do at once what they do.
WAITING = (ErrorAction.RETRY, ErrorAction.BACK_OFF)
_DAY = 86400
_NUMBERS = ("attempts", "base", "cap")


class PolicyForm(forms.Form):
    """What is done about one class of error."""

    action = forms.ChoiceField(
        required=False, choices=[("", "As built in"), *ErrorAction.choices]
    )
    attempts = forms.IntegerField(required=False, min_value=1, max_value=100)
    base = forms.IntegerField(required=False, min_value=1, max_value=_DAY)
    cap = forms.IntegerField(required=False, min_value=1, max_value=7 * _DAY)

    def __init__(self, of: str, policy: ErrorPolicy | None, data: Any = None) -> None:
        # Not `error_class`, which is how a form shows its errors.
        self.of, self.policy = of, policy
        shown = policy or ErrorPolicy()
        initial = {name: getattr(shown, name) for name in _NUMBERS}
        initial["action"] = policy.action if policy else ""
        super().__init__(data, prefix=of, initial=initial)
        for name, field in self.fields.items():
            words = f"{self.meaning.title}: {name}"
            field.widget.attrs |= {"aria-label": words, "data-policy": name}

    @property
    def meaning(self) -> Meaning:
        """The class in plain words."""
        return meaning(self.of)

    @property
    def built_in(self) -> str:
        """What is done without an override."""
        return built_in(self.of)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("action") not in WAITING:
            # What nobody waits for is not asked for either.
            for name in _NUMBERS:
                self.errors.pop(name, None)
                cleaned[name] = self.initial[name]
            return cleaned
        for name in _NUMBERS:
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, "Write a whole number.")
        base, cap = cleaned.get("base"), cleaned.get("cap")
        if base and cap and cap < base:
            self.add_error("cap", "The longest wait is shorter than the first.")
        return cleaned

    def save(self) -> str:
        """Store what was said; what changed, in words, or nothing."""
        said, old = self.cleaned_data, self.policy
        if not said["action"]:
            if old is None:
                return ""
            old.delete()
            return f"{self.meaning.title}: as built in"
        policy = old or ErrorPolicy(error_class=self.of)
        values = {name: said[name] for name in ("action", *_NUMBERS)}
        if old and all(getattr(old, name) == value for name, value in values.items()):
            return ""
        for name, value in values.items():
            setattr(policy, name, value)
        policy.save()
        return f"{self.meaning.title}: {policy.get_action_display().lower()}"


@admin.register(ErrorPolicy)
class ErrorPolicyAdmin(HistoryMixin, ReadOnlyAdmin):
    """There is one page for all of them instead of a list."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show all classes with what is done about them; save what was changed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        posted = request.POST if request.method == "POST" else None
        if posted is not None and not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        known = {one.error_class: one for one in ErrorPolicy.objects.all()}
        forms_ = [PolicyForm(name, known.get(name), posted) for name in classes()]
        if posted is not None and all([form.is_valid() for form in forms_]):  # noqa: C419 - all of them are to say what is wrong
            self._save(request, forms_)
            return HttpResponseRedirect(_url())
        entries = sorted(
            stored_versions(self, ErrorPolicy), key=lambda e: e.at, reverse=True
        )
        context = self.page_context(
            request,
            None,
            "Error policies",
            forms=forms_,
            may_change=request.user.has_perm(PERMISSION),
            entries=entries[:20],
            **(extra_context or {}),
        )
        return TemplateResponse(
            request, "admin/connectors/errorpolicy/page.html", context
        )

    def page_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One of them is shown with the others."""
        return HttpResponseRedirect(_url())

    def _save(self, request: HttpRequest, forms_: list[PolicyForm]) -> None:
        said = []
        with transaction.atomic():
            for form in forms_:
                policy = form.policy
                if words := form.save():
                    said.append(words)
                    noted = policy or ErrorPolicy.objects.get(error_class=form.of)
                    # A deleted one has lost its number; its class tells it still.
                    noted.pk = noted.pk or 0
                    self.log_change(request, cast("Any", noted), f"{words}.")
        if said:
            self.message_user(request, f"Saved. {'. '.join(said)}.", messages.SUCCESS)
        else:
            self.message_user(request, "Nothing was changed.")


def _url() -> str:
    return reverse("admin:connectors_errorpolicy_changelist")
