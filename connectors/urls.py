"""Addresses for machines; the console's own are the admin's."""

from __future__ import annotations

from django.urls import path

from connectors import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("metrics", views.metrics, name="metrics"),
    path("hooks/<str:token>/", views.hook, name="hook"),
]
