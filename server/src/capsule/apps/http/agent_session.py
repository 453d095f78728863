"""The one conversation that a known person has with an app over the agent chat contract."""

import hashlib


def agent_session_id(user_id: str) -> str:
    digest = hashlib.sha256(user_id.encode()).hexdigest()
    return f"ses_agent_{digest[:24]}"
