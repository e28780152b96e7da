"""A draft of a ladder before it is published: who would move, what it costs, what to ask."""

from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.readings import BEST_OF, TOTAL, BadReading, Reading
from accounts.roles import staff_required
from accounts.windows import parse_window
from loyalty.console.criteria_rows import Rows, takes, window_of, windows
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.ladders import state_of, version_of
from loyalty.ladders import criteria_words
from loyalty.measure_words import SPLITS, MeasureWords
from rewards.repricing import yearly_points
from rewards.terms import current_terms
from rewards.voice import voice_of
from tiers import publishing
from tiers.climbing import climb, since_a_year
from tiers.ladders import BadLadder, Ladder, as_ladder
from tiers.models import SchemeVersion, State
from tiers.preview import Preview, changes, movers, previewing
from tiers.proposing import BadShares, Proposed, propose

PER_PAGE = 50
