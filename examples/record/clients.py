"""One mail session from 127.0.0.2 to the servers on 127.0.0.1: its name in, its dialogue on the wire out.

    python clients.py SESSION CA.pem [KEYLOG]

The clients are Python's own smtplib and poplib. A session ends with the reply to QUIT and a close, or as its name says.
"""

from __future__ import annotations

import poplib
import smtplib
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from pathlib import Path

CLIENT, SERVER = "127.0.0.2", "127.0.0.1"
ALICE, BOB, NOBODY = "alice@example.test", "bob@example.test", "nobody@example.test"
USER, PASSWORD, WRONG = "alice", "opensesame-7", "opensesame-8"


class Smtp(smtplib.SMTP):
    """smtplib's client, with its commands (four letters all) in capitals, as most clients write them."""

    def __init__(self) -> None:
        super().__init__(SERVER, 25, "client.example.test", 10, (CLIENT, 0))

    def putcmd(self, cmd: str, args: str = "") -> None:
        super().putcmd(cmd.upper() if cmd.isalpha() and len(cmd) == 4 else cmd, args)

    def log_in(self) -> None:
        """AUTH LOGIN with the user name in a line of its own."""
        self.user, self.password = USER, PASSWORD
        self.auth("LOGIN", self.auth_login, initial_response_ok=False)

    def post(self, sender: str, recipient: str, name: str) -> None:
        self.mail(sender, ["BODY=8BITMIME"])
        self.rcpt(recipient)
        self.data(message(name))


class Pop3(poplib.POP3):
    """poplib's client, from an address of its own."""

    def __init__(self) -> None:
        super().__init__(SERVER, 110, 10)

    def _create_socket(self, timeout: float) -> socket.socket:
        return socket.create_connection((SERVER, 110), timeout, (CLIENT, 0))


def message(name: str) -> bytes:
    """The message of that name as it goes over the wire: every line ends in CRLF."""
    return Path(__file__).with_name(f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")


def tls(ca: str, keylog: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False  # the certificate is for localhost, the session for its address
    if keylog:
        context.keylog_filename = keylog
    return context


def smtp(context: ssl.SSLContext) -> None:
    client = Smtp()
    client.ehlo()
    client.log_in()
    client.post(ALICE, BOB, "report")
    client.quit()


def smtp_550(context: ssl.SSLContext) -> None:
    client = Smtp()
    client.ehlo()
    client.mail(ALICE)
    client.rcpt(NOBODY)
    client.rset()
    client.quit()


def smtp_starttls(context: ssl.SSLContext) -> None:
    client = Smtp()
    client.ehlo()
    client.starttls(context=context)
    client.ehlo()
    client.log_in()
    client.post(ALICE, BOB, "report")
    client.docmd("QUIT")
    assert isinstance(client.sock, ssl.SSLSocket)
    client.sock.unwrap().close()  # smtplib's quit() leaves the server's close_notify unread, which makes its close an RST


def smtp_pipelining(context: ssl.SSLContext) -> None:
    """Two groups of commands, each sent at once; of the two recipients one is refused."""
    client = Smtp()
    client.ehlo()
    client.send(f"MAIL FROM:<{ALICE}>\r\nRCPT TO:<{BOB}>\r\nRCPT TO:<{NOBODY}>\r\nDATA\r\n")
    replies = [client.getreply() for _ in range(4)]
    assert [code for code, _ in replies] == [250, 250, 550, 354], replies
    client.send(message("note") + b".\r\nQUIT\r\n")
    replies = [client.getreply() for _ in range(2)]
    assert [code for code, _ in replies] == [250, 221], replies
    client.close()


def smtp_rst(context: ssl.SSLContext) -> None:
    """The client aborts in the middle of a mail transaction: SO_LINGER 0 makes its close an RST."""
    client = Smtp()
    client.ehlo()
    client.mail(ALICE)
    assert client.sock is not None
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def read_mail(client: Pop3) -> None:
    client.user(USER)
    client.pass_(PASSWORD)
    client.stat()
    client.list()
    client.retr(2)
    client.quit()


def pop3(context: ssl.SSLContext) -> None:
    read_mail(Pop3())


def pop3_stls(context: ssl.SSLContext) -> None:
    client = Pop3()
    client.stls(context)
    read_mail(client)


def pop3_wrong_password(context: ssl.SSLContext) -> None:
    client = Pop3()
    client.user(USER)
    try:
        client.pass_(WRONG)
    except poplib.error_proto:
        client.quit()
    else:
        raise AssertionError("the wrong password was taken")


def fill(context: ssl.SSLContext) -> None:
    """Bob's two messages into Alice's mailbox; not one of the examples."""
    client = Smtp()
    client.ehlo()
    client.post(BOB, ALICE, "welcome")
    client.post(BOB, ALICE, "answer")
    client.quit()


SESSIONS: dict[str, Callable[[ssl.SSLContext], None]] = {
    session.__name__.replace("_", "-"): session
    for session in (smtp, smtp_550, smtp_starttls, smtp_pipelining, smtp_rst, pop3, pop3_stls, pop3_wrong_password, fill)
}


def main(name: str, ca: str, keylog: str | None = None) -> None:
    SESSIONS[name](tls(ca, keylog))


main(*sys.argv[1:])
