"""Users, groups, and sign-ins that were refused."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from connectors.admin.base import ConsoleAdmin, ReadOnlyAdmin
from connectors.admin.columns import ago, column

for _model in (User, Group, AccessAttempt, AccessLog, AccessFailureLog):
    admin.site.unregister(_model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ConsoleAdmin):  # type: ignore[type-arg,misc]
    """Who may sign in. Only a superuser makes or edits a superuser."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "email", "roles", "active", "last_seen")
    list_filter = ("is_active", "is_superuser", "groups")
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return self._below(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return self._below(request, obj) and super().has_delete_permission(request, obj)

    @staticmethod
    def _below(request: HttpRequest, obj: User | None) -> bool:
        return obj is None or not obj.is_superuser or request.user.is_superuser

    def get_readonly_fields(
        self, request: HttpRequest, obj: Any | None = None
    ) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fields += ["is_superuser", "user_permissions"]
        return fields

    @column("Name")
    def full_name(self, obj: User) -> str:
        return obj.get_full_name() or "–"

    @column("Groups")
    def roles(self, obj: User) -> str:
        if obj.is_superuser:
            return "superuser"
        return ", ".join(group.name for group in obj.groups.all()) or "none"

    @column(
        "Sign-in",
        ordering="is_active",
        label={"allowed": "success", "switched off": "danger"},
    )
    def active(self, obj: User) -> str:
        return "allowed" if obj.is_active else "switched off"

    @column("Last sign-in", ordering="last_login")
    def last_seen(self, obj: User) -> str:
        return ago(obj.last_login)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ConsoleAdmin):  # type: ignore[misc]
    """What people may do, by task."""

    list_display = ("name", "members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(member_count=Count("user"))

    @column("Members", ordering="member_count")
    def members(self, obj: Any) -> int:
        return int(obj.member_count)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Refused sign-ins that still count; deleting one lets the person try again."""

    list_display = ("username", "ip_address", "failures_since_start", "when")
    search_fields = ("username", "ip_address")
    # What was typed is left out: people type passwords into the name field.
    fields = ("username", "ip_address", "user_agent", "failures_since_start", "when")
    readonly_fields = fields

    def has_delete_permission(
        self, request: HttpRequest, obj: Any | None = None
    ) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    @column("Last attempt", ordering="attempt_time")
    def when(self, obj: AccessAttempt) -> str:
        return ago(obj.attempt_time)
