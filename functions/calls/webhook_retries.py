"""How Twilio is to ask a webhook of ours that fails: again, at once, before it goes to the fallback URL. Pure.

Without this one HTTP 500, or one request that never comes back, costs the call its agent: by itself Twilio repeats a
request only where the connection fails. Connection overrides stand in the fragment of a webhook's URL, which is
neither sent nor signed (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides):

    rc   how often it is asked again
    rp   after which failures: an HTTP 5xx, a connection that fails (ct), an answer that does not come (rt)
    rt   how long one request may take, in ms; all together have 15 s

Every webhook answers what it answered before when it is asked again.
"""

from urllib.parse import urldefrag

QUICK = "#rc=2&rp=5xx,ct,rt&rt=6000"
"""For one that asks the table alone: 3 s at most, and a cold start."""
THINKING = "#rc=2&rp=5xx,ct,rt&rt=10000"
"""For one that may think of a reply; handlers/in_time.py has it answer before."""


def bare(url: str) -> str:
    """`url` as it is sent and signed."""
    return urldefrag(url).url
