"""How a reader of each format gets its texts back: the inverse of what `lines` writes.

Each reader returns every text that it finds in a content, in no promised order. Formats without a
machine-readable inverse (plain talk, lines that were cut off) have none.
"""

import ast
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from email import message_from_string
from html.parser import HTMLParser
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

Reader = Callable[[str], list[str]]

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)
    else:
        yield str(value)


def json_texts(content: str) -> list[str]:
    decoder = json.JSONDecoder()
    for found in re.finditer(r"[{\[]", content):
        try:
            value, _ = decoder.raw_decode(content, found.start())
        except json.JSONDecodeError:
            continue
        return list(_leaves(value))
    raise AssertionError("no JSON document")


def ndjson_texts(content: str) -> list[str]:
    lines = content.split("\n")
    return [text for line in lines if line.startswith("{") for text in json_texts(line)]


def query_texts(content: str) -> list[str]:
    last = re.split(r"[\n ]", content)[-1]
    body = last.partition("?")[2] or last
    return [text for _, text in parse_qsl(body.partition("#")[0], keep_blank_values=True)]


def _addresses(texts: list[str]) -> list[str]:
    return [found for text in texts if "?" in text for found in query_texts(text)]


def redirect_texts(content: str) -> list[str]:
    return _addresses(query_texts(content))


def click_texts(content: str) -> list[str]:
    return [*query_texts(content), *redirect_texts(content)]


def address_in_json_texts(content: str) -> list[str]:
    texts = json_texts(content)
    return [*texts, *_addresses(texts)]


def _documents(texts: list[str]) -> list[str]:
    """Return the texts of the JSON objects among `texts`."""
    return [
        found
        for text in texts
        if text[:2] == '{"' and text[-1] == "}"
        for found in json_texts(text)
    ]


def json_in_query_texts(content: str) -> list[str]:
    texts = query_texts(content)
    return [*texts, *_documents(texts)]


def json_in_json_texts(content: str) -> list[str]:
    texts = json_texts(content)
    return _documents(texts)


def ga4_texts(content: str) -> list[str]:
    location = re.search(r"[?&]dl=([^&]*)", content)
    assert location
    inner = unquote(location[1]).partition("?")[2]
    return [unquote(pair.partition("=")[2]) for pair in inner.split("&")]


def access_log_texts(content: str) -> list[str]:
    return [
        text for asked in re.findall(r'[" ](\S+\?[^" ]*)', content) for text in query_texts(asked)
    ]


def referer_texts(content: str) -> list[str]:
    return [
        text for line in content.split("\n") if line.startswith("Ref") for text in query_texts(line)
    ]


def percent_texts(content: str) -> list[str]:
    return [unquote(token) for token in re.split(r"[/;:|?&#=\s]+", content)]


def multipart_texts(content: str) -> list[str]:
    start = content.index("\n--") + 1 if not content.startswith("--") else 0
    boundary = content[start + 2 :].partition("\n")[0]
    head = f'Content-Type: multipart/form-data; boundary="{boundary}"\n\n'
    return [
        str(part.get_payload())
        for part in message_from_string(head + content[start:]).get_payload()
    ]


def xml_texts(content: str) -> list[str]:
    root = ElementTree.fromstring(content)
    return [text for item in root.iter() for text in (item.text or "", *item.attrib.values())]


def csv_texts(content: str) -> list[str]:
    return [
        cell
        for gap in ",;\t"
        for row in csv.reader(io.StringIO(content, newline=""), delimiter=gap)
        for cell in row
    ]


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [text or "" for _, text in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def html_texts(content: str) -> list[str]:
    markup = _Markup()
    markup.feed(content)
    markup.close()
    return markup.texts


def literal_texts(content: str) -> list[str]:
    value = ast.literal_eval(content[content.index("{") : content.rindex("}") + 1])
    return list(_leaves(value))


def data_layer_texts(content: str) -> list[str]:
    return literal_texts(content) if content.startswith("dataLayer.push(") else json_texts(content)


def string_texts(content: str) -> list[str]:
    return [json.loads(f'"{body}"', strict=False) for body in _STRING.findall(content)]


def header_texts(content: str) -> list[str]:
    return [line.partition(": ")[2] for line in content.split("\n")]


def call_texts(content: str) -> list[str]:
    """Read the JSON that a script's call or a line ends in."""
    value, _ = json.JSONDecoder().raw_decode(content, content.index('{"'))
    return list(_leaves(value))


def quoted_texts(content: str) -> list[str]:
    """Read the values of k='v', written with a backslash before a quote."""
    return [ast.literal_eval(found) for found in re.findall(r"'(?:[^'\\]|\\.)*'", content)]


def sql_texts(content: str) -> list[str]:
    return [found.replace("''", "'") for found in re.findall(r"'((?:[^']|'')*)'", content)]


def any_query_texts(content: str) -> list[str]:
    """Read every pair of name and value, whatever stands around the query."""
    return [unquote(found.replace("+", " ")) for found in re.findall(r"=([^&\s\"']*)", content)]


def segment_texts(content: str) -> list[str]:
    return [unquote(token) for token in re.split(r"[/\s]+", content)]


READERS: dict[str, Reader] = {
    "form_urlencoded": query_texts,
    "form_bracketed": query_texts,
    "form_multipart": multipart_texts,
    "form_json_body": json_texts,
    "form_field_array": json_texts,
    "form_xml_post": xml_texts,
    "form_csv_rows": csv_texts,
    "form_input_echo": html_texts,
    "form_event_log": json_texts,
    "form_meta_lead": json_texts,
    "form_tiktok_submit": json_texts,
    "form_segment_identify": json_texts,
    "form_segment_track": json_texts,
    "form_data_layer": data_layer_texts,
    "form_hubspot": json_texts,
    "form_ga4_event": query_texts,
    "form_replay_input": json_texts,
    "form_adobe_xdm": json_texts,
    "form_web_to_lead": query_texts,
    "form_typeform": json_texts,
    "bank_ach_json": json_texts,
    "page_query_url": query_texts,
    "page_path_fragment": percent_texts,
    "page_access_log": access_log_texts,
    "page_cookie_line": percent_texts,
    "page_referer_block": referer_texts,
    "page_site_search": query_texts,
    "page_redirect_chain": redirect_texts,
    "page_ad_click": click_texts,
    "page_log": json_texts,
    "page_beacon": address_in_json_texts,
    "page_head_markup": html_texts,
    "page_meta_pixel": query_texts,
    "page_ga4": ga4_texts,
    "page_matomo": json_in_query_texts,
    "page_data_layer": json_texts,
    "page_snowplow": json_in_query_texts,
    "page_adobe_hit": query_texts,
    "page_tag_pixel": query_texts,
    "page_pinterest": json_in_query_texts,
    "page_segment": address_in_json_texts,
    "page_bid_request": json_texts,
    "xhr_rest": json_texts,
    "xhr_graphql": json_texts,
    "xhr_graphql_inline": string_texts,
    "xhr_soap": xml_texts,
    "xhr_json_rpc": json_texts,
    "xhr_batch": json_texts,
    "xhr_ndjson": ndjson_texts,
    "xhr_headers": header_texts,
    "xhr_socket_io": json_texts,
    "xhr_server_sent": json_texts,
    "xhr_web_socket": json_texts,
    "xhr_double_json": json_in_json_texts,
    "xhr_json_in_form": json_in_query_texts,
    "xhr_error_report": json_texts,
    "xhr_har_entry": json_texts,
    "xhr_post_message": json_texts,
    "xhr_logfmt": string_texts,
    "xhr_python_log": literal_texts,
    "xhr_console_log": json_texts,
    "xhr_gateway_log": address_in_json_texts,
    "form_pixel_log": any_query_texts,
    "form_pairs": query_texts,
    "form_short_json": json_texts,
    "form_pixel_call": call_texts,
    "form_curl": any_query_texts,
    "form_beacon": query_texts,
    "form_syslog": string_texts,
    "form_get": any_query_texts,
    "form_text_json": json_texts,
    "form_text_body": any_query_texts,
    "form_text_csv": csv_texts,
    "form_text_logfmt": string_texts,
    "page_pixel_log": query_texts,
    "page_path_query": query_texts,
    "page_request_line": any_query_texts,
    "page_common_log": access_log_texts,
    "page_haproxy": access_log_texts,
    "page_load_balancer": access_log_texts,
    "page_edge_log": any_query_texts,
    "page_iis": any_query_texts,
    "page_caddy": address_in_json_texts,
    "page_pixel_file": query_texts,
    "page_pixel_call": call_texts,
    "page_short_json": json_texts,
    "page_route": any_query_texts,
    "page_segments": segment_texts,
    "page_search_query": any_query_texts,
    "page_text_json": json_texts,
    "page_text_log": string_texts,
    "xhr_call_line": call_texts,
    "xhr_variables": json_texts,
    "xhr_short_json": json_texts,
    "xhr_get": any_query_texts,
    "xhr_post_body": any_query_texts,
    "xhr_sql": sql_texts,
    "xhr_short_logfmt": string_texts,
    "xhr_app_log": quoted_texts,
    "xhr_field_value": json_texts,
    "xhr_text_json": json_texts,
    "xhr_text_call": any_query_texts,
    "xhr_text_logfmt": string_texts,
    "card_gateway": any_query_texts,
    "ssn_fhir": json_texts,
    "member_coverage": json_texts,
    "chat_short_json": json_texts,
    "chat_csv_line": csv_texts,
    "chat_query": any_query_texts,
    "chat_markup": html_texts,
    "chat_log_line": string_texts,
    "page_title_text": html_texts,
    "chat_bubbles": html_texts,
    "chat_sms": query_texts,
    "chat_csv_export": csv_texts,
    "chat_widget": json_texts,
    "chat_conversation": json_texts,
    "chat_messages": json_texts,
    "chat_ndjson": ndjson_texts,
    "chat_socket": json_texts,
    "chat_team": json_texts,
    "chat_intent": json_texts,
    "chat_messenger": json_texts,
    "chat_audit": json_texts,
}

PLAIN = (
    "form_spaced",
    "form_labelled",
    "form_name_value",
    "form_params_log",
    "form_text_alone",
    "form_text_line",
    "page_spaced",
    "page_search_box",
    "xhr_header_options",
    "xhr_text_log",
    "chat_bare",
    "chat_said",
    "chat_clock",
    "chat_phone_export",
    "chat_text_message",
    "chat_note",
    "chat_exchange",
    "ssn_mismo",
    "itin_mismo",
    "card_message",
    "card_receipt",
    "phone_gateway",
    "phone_link",
    "phone_call",
    "email_delivery",
    "email_link",
    "passport_docs",
    "licence_scan",
    "member_claim",
    "form_label_text",
    "form_cut_log",
    "bank_ach_entry",
    "bank_micr_line",
    "xhr_java_log",
    "xhr_cut_event",
    "chat_last_turn",
    "chat_timed",
    "chat_speakers",
    "chat_voice",
    "chat_ticket",
    "chat_table",
)
