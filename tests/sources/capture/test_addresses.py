"""Addresses as RFC 5952 writes them, in every version of Python."""

from __future__ import annotations

import ipaddress

import pytest

from seqdiag.sources.capture.addresses import address


@pytest.mark.parametrize("text", ["0.0.0.0", "255.1.2.3", "::", "::1", "2001:db8::1:0:0:1", "fe80::a:b", "::ffff:10.0.0.1"])
def test_text(text):
    assert address(ipaddress.ip_address(text).packed) == text
