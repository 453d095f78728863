"""The list of routers under `/api/v1`. A domain takes part by one line here."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
