"""Figures: what advertising brought, as pure rules over facts."""
