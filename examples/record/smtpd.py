"""An SMTP server on loopback that delivers into Dovecot's mailboxes: STARTTLS, AUTH, PIPELINING, and two users.

    python smtpd.py MAILROOT PORT CERTIFICATE KEY

It prints "ready" when it listens, and ends on SIGTERM.
"""

from __future__ import annotations

import asyncio
import mailbox
import os
import signal
import ssl
import sys
from pathlib import Path

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USERS = {b"alice": b"opensesame-7", b"bob": b"builder-4"}


class Deliver:
    """Takes mail for the users and refuses everybody else."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, name: str, lines: list[str]) -> list[str]:
        session.host_name = name
        return [*lines[:-1], "250-PIPELINING", *lines[-1:]]

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address.partition("@")[0].lower().encode() not in USERS:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        for address in envelope.rcpt_tos:
            folder = self.root / address.partition("@")[0].lower()
            assert isinstance(envelope.content, bytes)
            mailbox.Maildir(str(folder)).add(envelope.content)
            if os.getuid() == 0:  # the mailboxes belong to whom the root folder belongs to
                owner = self.root.stat()
                for path in (folder, *folder.rglob("*")):
                    os.chown(path, owner.st_uid, owner.st_gid)
        return "250 2.0.0 Message accepted for delivery"


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    known = isinstance(data, LoginPassword) and USERS.get(data.login) == data.password
    return AuthResult(success=known, handled=False)  # not handled: aiosmtpd sends the 535 itself


def main(root: str, port: str, certificate: str, key: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.new_event_loop()
    controller = UnthreadedController(
        Deliver(Path(root)),
        hostname="127.0.0.1",
        port=int(port),
        loop=loop,
        tls_context=context,
        authenticator=authenticate,
        auth_require_tls=False,
        server_hostname="mail.example.test",
        ident="ESMTP ready",
    )
    controller.begin()
    print("ready", flush=True)
    loop.add_signal_handler(signal.SIGTERM, loop.stop)
    loop.run_forever()
    controller.end()


main(*sys.argv[1:])
