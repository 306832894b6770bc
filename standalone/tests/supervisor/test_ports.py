"""Ports: how they are chosen, and what is said when one is in use."""

from __future__ import annotations

import os
import socket
from dataclasses import astuple, replace

import pytest

from platform_standalone.errors import PlatformError
from platform_standalone.ports import LOOPBACK, NAMES, check_free, free_ports, reserve_port, resolve_ports


def test_all_ports_follow_the_edge():
    assert astuple(resolve_ports({"PORT": "9000"})) == tuple(range(9000, 9018))


def test_without_a_word_the_edge_is_at_8080():
    assert resolve_ports({"PORT": "", "MEMBER_PORT": ""}).edge == 8080


def test_one_component_can_have_another_port():
    ports = resolve_ports({"PORT": "9000", "MEMBER_METRICS_PORT": "9999"})

    assert (ports.member, ports.member_metrics, ports.auth_metrics) == (9002, 9999, 9005)


@pytest.mark.parametrize("value", ["http", "0", "-1", "65536", "65530", "80.5", "²"])
def test_what_is_no_port_is_refused_by_name(value: str):
    with pytest.raises(PlatformError, match=r"^PORT is .* it must be a number from 1 to 65518\.$"):
        resolve_ports({"PORT": value})


def test_two_components_on_one_port_are_refused_by_name():
    with pytest.raises(PlatformError, match=r"^PORT and VALKEY_PORT are both 9000;"):
        resolve_ports({"PORT": "9000", "VALKEY_PORT": "9000"})


def test_free_ports_are_free_and_different():
    ports = free_ports()

    check_free(ports, "127.0.0.1")
    assert len(set(astuple(ports))) == len(NAMES)


def test_a_reserved_port_is_refused_to_others_and_its_server_may_start_again():
    port = reserve_port()

    for _ in range(2):
        with socket.create_server((LOOPBACK, port)), socket.create_connection((LOOPBACK, port)):
            pass
        with socket.socket() as other, pytest.raises(OSError, match="Address already in use"):
            other.bind((LOOPBACK, port))


def test_a_port_in_use_is_named_with_its_holder_and_a_way_out():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PlatformError) as refusal:
            check_free(replace(free_ports(), member=port), "127.0.0.1")

    sentence = str(refusal.value)
    assert f"Port {port} (member) is in use by " in sentence
    assert f"(pid {os.getpid()})" in sentence
    assert "MEMBER_PORT=" in sentence


def test_an_edge_host_that_is_no_address_is_refused():
    with pytest.raises(PlatformError, match="EDGE_HOST is 'everywhere'; it must be an IP address"):
        check_free(free_ports(), "everywhere")


def test_an_edge_host_that_is_another_machines_is_refused():
    with pytest.raises(PlatformError, match=r"Cannot listen on 192\.0\.2\.1 port"):
        check_free(free_ports(), "192.0.2.1")


def test_a_privileged_port_moves_the_edge_alone():
    ports = resolve_ports({"PORT": "80"})

    assert ports == replace(resolve_ports({}), edge=80)


def test_only_the_edge_may_have_a_privileged_port():
    with pytest.raises(PlatformError, match=r"^POSTGRES_PORT is '86'; it must be a number from 1024 to 65535\.$"):
        resolve_ports({"POSTGRES_PORT": "86"})
