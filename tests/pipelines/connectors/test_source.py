"""A source is declared in a file; what is wrong with it is said in words."""

import datetime as dt
import gzip
import ssl
import subprocess
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from pipelines.connectors.endpoint import Endpoint, PullError
from pipelines.connectors.source import SourceError, load_source

WHERE = 'url = "https://sis.example.org/v2.0"\ntoken_file = "stad.token"\n'


def declared(tmp_path, text):
    (tmp_path / "stad.toml").write_text(text, encoding="utf-8")
    return load_source(tmp_path, "stad")


def test_a_source_needs_an_address_and_a_token_file(tmp_path):
    source = declared(tmp_path, WHERE)
    assert source.url == "https://sis.example.org/v2.0"
    assert source.token_file == tmp_path / "stad.token"
    assert source.deliver == ("attendance", "enrolments", "grades")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('url = "https://x.example.org"\n', "needs url and token_file"),
        (WHERE + 'token = "secret"\n', "it says besides: token"),
        (WHERE.replace("https", "http"), "url begins with https"),
        (WHERE.replace(".org", ".org:port"), "url begins with https"),
        (WHERE.replace("sis.", "name:word@sis."), "url has no user"),
        (WHERE + 'deliver = ["attendance", "lessons"]\n', "attendance or lessons, not both"),
        (WHERE + 'deliver = ["schools"]\n', "district_type is given"),
        (WHERE + 'deliver = ["everything"]\n', "deliver lists some of attendance"),
        (WHERE + "timeout = -1\n", "are not negative"),
        (WHERE + 'timeout = "soon"\n', "a value is of the wrong kind"),
        ("url = \n", "is no TOML"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_write(tmp_path, text, words):
    with pytest.raises(SourceError) as caught:
        declared(tmp_path, text)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["other", "../stad", "Stad"])
def test_a_source_that_is_not_declared_names_those_that_are(tmp_path, name):
    declared(tmp_path, WHERE)
    with pytest.raises(SourceError, match="declared are: stad"):
        load_source(tmp_path, name)


def test_a_token_is_read_anew_each_time_from_a_file_of_the_owner(tmp_path):
    source = declared(tmp_path, WHERE)
    with pytest.raises(SourceError, match=r"write it into stad\.token"):
        source.token()
    source.token_file.touch(mode=0o600)
    for token in ("one", "two"):
        source.token_file.write_text(f"{token}\n", encoding="ascii")
        assert source.token() == token
    for text in ("", "two words", "two\nlines"):
        source.token_file.write_text(text, encoding="ascii")
        with pytest.raises(SourceError, match="one token on one line"):
            source.token()
    source.token_file.chmod(0o644)
    with pytest.raises(SourceError, match="chmod 600"):
        source.token()


def endpoint_at(tmp_path, url):
    """An endpoint that waits for nothing."""
    source = declared(tmp_path, f'url = "{url}"\ntoken_file = "stad.token"\n')
    source.token_file.touch(mode=0o600)
    source.token_file.write_text("token", encoding="ascii")
    return Endpoint(source, Endpoint.of(source).pool, wait=lambda _: None)


def asked(tmp_path, url):
    """What asking an address in vain says."""
    endpoint = endpoint_at(tmp_path, url)
    with pytest.raises(PullError) as caught:
        endpoint.ask("/persons")
    endpoint.pool.clear()
    return str(caught.value)


def test_a_host_that_does_not_exist_points_to_the_address(tmp_path):
    told = asked(tmp_path, "https://no-such-host.invalid/v2.0")
    assert "the host's name is unknown; look at url in sources/stad.toml, 6 times" in told


def test_an_address_where_nobody_answers_points_to_the_address(tmp_path):
    told = asked(tmp_path, "http://127.0.0.1:1/v2.0")
    assert "nobody answers there; look at url in sources/stad.toml" in told


@contextmanager
def listening(context=None, handler=BaseHTTPRequestHandler):
    """A server that takes one connection; its port."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.timeout = 5
        server.handle_error = lambda *_: None
        thread = Thread(target=server.handle_request)
        thread.start()
        yield server.server_port
        thread.join()


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    files = ["-keyout", key, "-out", certificate]
    subprocess.run([*command, *files], check=True, capture_output=True)  # noqa: S603 - our words
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with listening(context) as port:
        told = asked(tmp_path, f"https://localhost:{port}/v2.0")
    assert "certificate cannot be trusted; name the authority's certificate as ca_file" in told


def test_an_address_that_does_not_speak_https_points_to_the_address(tmp_path):
    with listening() as port:
        told = asked(tmp_path, f"https://localhost:{port}/v2.0")
    assert "there is no https; look at url in sources/stad.toml" in told


def answering(body, **headers):
    """A server that answers once with a body."""

    class Answering(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp=None):
            del timestamp
            return "Sat, 05 Mar 2016 10:00:00 GMT"

        def do_GET(self):
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Answering


def test_a_packed_answer_is_unpacked_and_one_that_is_far_too_long_is_left(tmp_path, monkeypatch):
    packed = gzip.compress(b'{"data": [], "more": "' + b"x" * 5000 + b'"}')
    handler = answering(packed, Content_Encoding="gzip")
    with listening(handler=handler) as port:
        endpoint = endpoint_at(tmp_path, f"http://127.0.0.1:{port}/v2.0")
        answer = endpoint.ask("/persons")
        endpoint.pool.clear()
    assert answer.content["data"] == []
    assert answer.at == dt.datetime(2016, 3, 5, 10, tzinfo=dt.UTC)
    monkeypatch.setattr("pipelines.connectors.endpoint.MOST_BYTES", 4000)
    with listening(handler=handler) as port:
        told = asked(tmp_path, f"http://127.0.0.1:{port}/v2.0")
    assert "set page_size lower" in told


def test_another_address_is_not_followed_with_the_token(tmp_path):
    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", "https://elsewhere.example.org/")
            self.end_headers()

        def log_message(self, *_):
            pass

    with listening(handler=Elsewhere) as port:
        told = asked(tmp_path, f"http://127.0.0.1:{port}/v2.0")
    assert "the endpoint answers 302: look at url in sources/stad.toml" in told


def test_an_answer_that_is_json_of_something_else_points_to_the_address(tmp_path):
    with listening(handler=answering(b"[]")) as port:
        told = asked(tmp_path, f"http://127.0.0.1:{port}/v2.0")
    assert told == "/persons: the answer is not of SS 12000; look at url"
