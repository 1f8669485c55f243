"""Data: how the tokens of providers look, each after the provider's own documentation.

A token of most providers begins with letters that say whose it is. A few are known by another
shape, or follow the name of their setting.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_WORD: Final = "[A-Za-z0-9]"
_SAFE: Final = "[A-Za-z0-9_-]"
_HEX: Final = "[0-9a-f]"


class Format(NamedTuple):
    """Tokens that begin with one of `prefixes` (three characters or more) and go on as `body`."""

    prefixes: tuple[str, ...]
    body: str
    source: str


FORMATS: Final = (
    Format(
        ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"),
        rf"{_WORD}{{16,250}}",
        "Stripe Docs, API keys; Webhook signatures",
    ),
    Format(
        ("xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxo-", "xoxe-", "xoxc-", "xoxd-"),
        r"[A-Za-z0-9%-]{10,250}",
        "Slack API, Token types",
    ),
    Format(("xapp-", "xoxe."), r"[A-Za-z0-9.-]{20,250}", "Slack API, Token types"),
    Format(("AIza",), rf"{_SAFE}{{35}}", "Google Cloud Docs, Manage API keys"),
    Format(("GOCSPX-",), rf"{_SAFE}{{28}}", "Google Identity, OAuth client secrets"),
    Format(("ya29.",), rf"{_SAFE}{{20,400}}", "Google Cloud Docs, Token types"),
    Format(("1//0",), rf"{_SAFE}{{40,200}}", "Google Identity, refresh tokens"),
    Format(
        ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glimt-", "glagent-", "glsoat-"),
        r"[A-Za-z0-9_.-]{20,300}",
        "GitLab Docs, Token overview: token prefixes",
    ),
    Format(("GR1348941",), rf"{_SAFE}{{20,50}}", "GitLab Docs, Token overview"),
    Format(("npm_",), rf"{_WORD}{{36}}", "GitHub Blog, New npm token format (2021)"),
    Format(
        ("pypi-AgE", "pypi-AgN"), rf"{_SAFE}{{50,400}}", "PyPI help; Macaroon location identifiers"
    ),
    Format(
        ("sk-ant-api", "sk-ant-admin", "sk-ant-oat", "sk-ant-sid"),
        rf"[0-9]{{2}}-{_SAFE}{{40,160}}",
        "Anthropic API, Authentication",
    ),
    Format(
        ("sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"),
        rf"{_SAFE}{{40,250}}",
        "OpenAI API reference, Authentication",
    ),
    Format(("sk-or-v1-",), rf"{_HEX}{{64}}", "OpenRouter Docs, API authentication"),
    Format(
        ("sk-",),
        rf"(?:{_WORD}{{32}}|{_WORD}{{40}}|{_WORD}{{48}}|lf-[a-f0-9-]{{36}})",
        "OpenAI API reference",
    ),
    Format(("gsk_",), rf"{_WORD}{{52}}", "Groq Docs, API keys"),
    Format(("xai-",), rf"{_WORD}{{80}}", "xAI Docs, API keys"),
    Format(("pplx-",), rf"{_WORD}{{48}}", "Perplexity Docs, API keys"),
    Format(("r8_",), rf"{_WORD}{{37}}", "Replicate Docs, API tokens"),
    Format(("hf_", "api_org_"), rf"{_WORD}{{30,40}}", "Hugging Face Docs, User access tokens"),
    Format(("SG.",), rf"{_SAFE}{{16,32}}\.{_SAFE}{{32,64}}", "SendGrid Docs, API keys"),
    Format(("xkeysib-", "xsmtpsib-"), rf"{_HEX}{{64}}-{_WORD}{{16}}", "Brevo Docs, API keys"),
    Format(("key-",), rf"{_HEX}{{32}}", "Mailgun Docs, API keys"),
    Format(("pubkey-",), rf"{_HEX}{{32}}", "Mailgun Docs, API keys"),
    Format(
        ("dop_v1_", "doo_v1_", "dor_v1_"), rf"{_HEX}{{64}}", "DigitalOcean Docs, API token prefixes"
    ),
    Format(("HRKU-",), rf"{_SAFE}{{36,70}}", "Heroku Dev Center, API key prefixes"),
    Format(
        ("shpat_", "shpca_", "shppa_", "shpss_", "shprt_"),
        r"[0-9a-fA-F]{32}",
        "Shopify Docs, Access tokens",
    ),
    Format(("sq0atp-", "sq0csp-", "sq0idp-"), rf"{_SAFE}{{22,43}}", "Square Docs, Access tokens"),
    Format(("EAAAE", "EAAAl"), rf"{_SAFE}{{55,80}}", "Square Docs, Access tokens"),
    Format(("EAACEdEose0cBA", "EAA"), rf"{_WORD}{{90,300}}", "Meta for Developers, Access tokens"),
    Format(("dapi",), rf"{_HEX}{{32}}(?:-[0-9])?", "Databricks Docs, Personal access tokens"),
    Format(
        ("hvs.", "hvb.", "hvr."), rf"{_SAFE}{{24,300}}", "HashiCorp Vault Docs, Tokens: prefixes"
    ),
    Format(("lin_api_", "lin_oauth_"), rf"{_WORD}{{32,80}}", "Linear Docs, API keys"),
    Format(("secret_", "ntn_"), rf"{_WORD}{{43,50}}", "Notion Docs, Authorization"),
    Format(
        ("ATATT3x", "ATCTT3x", "ATBBT3x"), r"[A-Za-z0-9_=-]{50,250}", "Atlassian Docs, API tokens"
    ),
    Format(("ATBB",), rf"{_WORD}{{32}}", "Bitbucket Docs, App passwords"),
    Format(
        ("dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."),
        r"[A-Za-z0-9_.-]{40,90}",
        "Doppler Docs, Auth token formats",
    ),
    Format(("glsa_",), rf"{_WORD}{{32}}_{_HEX}{{8}}", "Grafana Docs, Service account tokens"),
    Format(("glc_",), r"[A-Za-z0-9+/]{32,400}={0,2}", "Grafana Cloud Docs, Access policies"),
    Format(("NRAK-", "NRRA-", "NRII-", "NRJS-"), rf"{_SAFE}{{19,42}}", "New Relic Docs, API keys"),
    Format(("sntrys_", "sntryu_"), r"[A-Za-z0-9_+/=-]{60,400}", "Sentry Docs, Auth tokens"),
    Format(("PMAK-",), rf"{_HEX}{{24}}-{_HEX}{{34}}", "Postman Docs, API keys"),
    Format(("sl.",), rf"{_SAFE}{{100,400}}", "Dropbox Docs, OAuth guide"),
    Format(("AGE-SECRET-KEY-1",), r"[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", "age specification"),
    Format(("dckr_pat_", "dckr_oat_"), rf"{_SAFE}{{27,50}}", "Docker Docs, Access tokens"),
    Format(("rubygems_",), rf"{_HEX}{{48}}", "RubyGems Guides, API keys"),
    Format(("pul-",), rf"{_HEX}{{40}}", "Pulumi Docs, Access tokens"),
    Format(
        ("PSCALE_", "pscale_tkn_", "pscale_pw_", "pscale_oauth_"),
        r"[A-Za-z0-9_=.-]{32,80}",
        "PlanetScale Docs",
    ),
    Format(("FLWSECK-", "FLWSECK_TEST-"), rf"{_WORD}{{12,40}}-?X?", "Flutterwave Docs"),
    Format(("EZAK", "EZTK"), rf"{_WORD}{{54}}", "EasyPost Docs, Authentication"),
    Format(("fo1_", "fm1_", "fm2_"), r"[A-Za-z0-9_+/=,-]{40,600}", "Fly.io Docs, Access tokens"),
    Format(("sbp_",), rf"{_HEX}{{40}}", "Supabase Docs, Management API"),
    Format(("sb_secret_",), rf"{_SAFE}{{20,60}}", "Supabase Docs, API keys"),
    Format(("AKCp",), rf"{_WORD}{{60,80}}", "JFrog Docs, API key"),
    Format(("cmVmdGtu",), rf"{_WORD}{{56}}", "JFrog Docs, Reference tokens"),
    Format(("LTAI",), rf"{_WORD}{{16,24}}", "Alibaba Cloud Docs, AccessKey pair"),
    Format(("AKID",), rf"{_WORD}{{28,36}}", "Tencent Cloud Docs, API keys"),
    Format(("CFPAT-",), rf"{_SAFE}{{43}}", "Contentful Docs, Personal access tokens"),
    Format(("figd_",), rf"{_SAFE}{{38,60}}", "Figma Docs, Personal access tokens"),
    Format(("pat-na1-", "pat-eu1-"), r"[0-9a-f-]{36}", "HubSpot Docs, Private apps"),
    Format(("tfp_",), rf"{_SAFE}{{40,70}}", "Typeform Docs, Personal access tokens"),
    Format(("oy2",), r"[a-z0-9]{43}", "NuGet Docs, API keys"),
    Format(("AAAAAAAAAAAAAAAAAAAAA",), r"[A-Za-z0-9%]{60,130}", "X API Docs, Bearer tokens"),
    Format(("access_token$production$",), rf"[0-9a-z]{{16}}\${_HEX}{{32}}", "Braintree Docs"),
    Format(("rnd_",), rf"{_WORD}{{26,34}}", "Render Docs, API keys"),
    Format(("phc_", "phx_"), rf"{_WORD}{{40,50}}", "PostHog Docs, API keys"),
    Format(("nfp_",), rf"{_WORD}{{36}}", "Netlify Docs, Access tokens"),
    Format(("vcp_", "vck_"), rf"{_WORD}{{24,60}}", "Vercel Docs, Access tokens"),
    Format(("lsv2_pt_", "lsv2_sk_"), rf"{_HEX}{{32}}_{_HEX}{{10}}", "LangSmith Docs, API keys"),
    Format(("tskey-",), rf"[a-z]{{3,10}}-{_SAFE}{{20,60}}", "Tailscale Docs, Auth keys"),
)

SHAPES: Final = (
    rf"\b[0-9]{{8,10}}:AA{_SAFE}{{33}}",  # Telegram Bot API, Authorizing your bot
    rf"\b{_HEX}{{32}}-us[0-9]{{1,2}}",  # Mailchimp Docs, API keys
    rf"\b(?:AC|SK){_HEX}{{32}}",  # Twilio Docs, API keys
    rf"\b[MNO]{_SAFE}{{23,27}}\.{_SAFE}{{6}}\.{_SAFE}{{27,40}}",  # Discord Docs, Token formats
    rf"\b{_HEX}{{36}}NRAL\b",  # New Relic Docs, Licence keys
    rf"\b{_WORD}{{14}}\.atlasv1\.[A-Za-z0-9_=-]{{60,70}}",  # HCP Terraform Docs, API tokens
)

ANCHORS: Final = (
    r":aa[a-z0-9_-]{8}",
    r"[0-9a-f]-us[0-9]",
    r"\b(?:ac|sk)[0-9a-f]{8}",
    r"discord|bot[ _-]?token",
    r"[0-9a-f]nral\b",
    r"\.atlasv1\.",
)
"""What stands in a text, in lower case, with a token of the shape at the same place."""

LINKS: Final = (
    r"https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9_+/-]{20,100}",
    r"https://(?:canary\.|ptb\.)?discord(?:app)?\.com"
    r"/api/webhooks/[0-9]{16,22}/[A-Za-z0-9_-]{40,90}",
    r"https://[a-z0-9-]+\.webhook\.office\.com/webhookb2/[A-Za-z0-9@/-]{60,240}",
)
"""Addresses that let whoever knows them write: Slack, Discord and Teams webhooks."""

SETTINGS: Final = (
    r"(?:AccountKey|SharedAccessKey|SharedSecret(?:Value)?)=[A-Za-z0-9+/]{40,90}={0,2}",
    r"[?&;](?:sig)=[A-Za-z0-9%+/]{40,80}(?:%3[Dd]|=){0,2}",
)
"""Azure Storage Docs, "Configure connection strings" and "Service SAS": the value after `=`."""

LITERALS: Final = (
    "hooks.slack",
    "api/webhooks/",
    "webhookb2/",
    "accountkey=",
    "sharedaccesskey=",
    "sharedsecret",
    "[?&;]sig=",
)
