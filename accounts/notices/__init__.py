"""Notices: what happened, said to the people it matters to, once, where and when they want it.

- `kinds`: what is said, to whom, and what each text may speak of
- `wording`, `texts`: texts with their values put in; the tenant's own words
- `noting`, `reading`: events become notices; what each event has to say
- `manners`, `quiet`: how each person wants to be told, and when not
- `posting`, `penning`, `unsubscribing`: notices become letters, letters are sent, and can be ended
"""
