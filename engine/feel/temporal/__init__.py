"""Dates, times, date-times and durations: their calendar, their text and their arithmetic."""
