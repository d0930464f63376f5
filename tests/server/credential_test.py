"""Who may do what: scopes of keys and tokens, signatures and times of tokens, keys that were revoked, the way to the first key.

Use: credential_test.py BINARY
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, NodeTest  # noqa: E402

SECRET = "test-" + "0123456789abcdef" * 3
EVENT = {"event_type": "a", "event_name": "b"}
CALLS = {"ingest": ("POST", "/events/track", EVENT), "read": ("POST", "/events/query", {}),
         "write": ("POST", "/events/schema", {"event_type": "t", "event_name": "n", "schema_definition": {"required": [], "optional": []}}), "admin": ("GET", "/admin/api-keys", None)}


def part(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def token(scopes=("admin",), secret=SECRET, algorithm="HS256", **claims):
    """Made by hand, not by the program under test."""
    body = {"exp": int(time.time()) + 600, "scopes": list(scopes), **claims}
    signed = part(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()) + "." + part(json.dumps({name: value for name, value in body.items() if value is not None}).encode())
    return signed + "." + part(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())


class Credentials(NodeTest):
    environment = {"SECRET_KEY": SECRET}

    def call(self, method, path, body=None, key=None, bearer=None, tenant=None):
        headers = {**({"X-API-Key": key} if key else {}), **({"Authorization": "Bearer " + bearer} if bearer else {}), **({"X-Tenant-ID": tenant} if tenant else {})}
        status, answer, _ = self.node.call(method, path, body, headers)
        if status != 200:
            self.assertEqual(answer["code"], {401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "already_exists", 422: "validation_failed"}[status], answer)
        return status, answer

    def key(self, scopes, tenant="acme"):
        status, made = self.call("POST", "/admin/api-keys", {"label": "k", "scopes": scopes}, bearer=token(), tenant=tenant)
        self.assertEqual(status, 200, made)
        return made

    def test_open_what_their_scope_covers_and_nothing_else(self):
        for scope in CALLS:
            key, bearer = self.key([scope])["api_key"], token([scope], tenant_id="acme")
            for needed, (method, path, body) in CALLS.items():
                wanted = (200, 409) if scope in (needed, "admin") else (403,)  # the schema exists from the second time on
                for credential in ({"key": key}, {"bearer": bearer}, {"bearer": key}):
                    self.assertIn(self.call(method, path, body, **credential)[0], wanted, (scope, needed))
        both = self.key(["ingest", "read"])["api_key"]
        self.assertEqual([self.call(*CALLS[each], key=both)[0] for each in CALLS], [200, 200, 403, 403])

    def test_refuse_a_revoked_key_at_once(self):
        made = self.key(["ingest", "read"])
        other = self.key(["read"])
        self.assertEqual(self.call(*CALLS["ingest"], key=made["api_key"])[0], 200)
        self.assertEqual(self.call("DELETE", "/admin/api-keys/" + made["key_id"], bearer=token(), tenant="acme")[0], 200)
        for each in ("ingest", "read"):
            self.assertEqual(self.call(*CALLS[each], key=made["api_key"])[0], 401)
        self.assertEqual(self.call(*CALLS["read"], key=other["api_key"])[1]["total"], 1)
        self.node.kill()
        self.node.start()
        self.assertEqual(self.call(*CALLS["read"], key=made["api_key"])[0], 401)
        self.assertEqual(self.call(*CALLS["read"], key=other["api_key"])[0], 200)

    def test_refuse_tokens_that_are_not_theirs(self):
        now = int(time.time())
        self.assertEqual(self.call(*CALLS["read"], bearer=token())[0], 200)
        self.assertEqual(self.call(*CALLS["read"], bearer=token(nbf=now - 10))[0], 200)
        good = token()
        for bad in (token(nbf=now + 600), token(nbf="soon"), token(exp=now - 1), token(exp=None), token(exp="never"), token(secret="x" * 53), token(algorithm="none"), token(algorithm="HS512"),
                    token(scopes=["everything"]), token(tenant_id=7), good[:-4] + "AAAA", good.rsplit(".", 1)[0] + ".", "a.b.c", "..", good + ".x"):
            status, answer = self.call(*CALLS["read"], bearer=bad)
            self.assertEqual(status, 401, bad)

    def test_act_for_their_own_tenant_alone(self):
        for tenant in ("acme", "zeta"):
            for _ in range(3 if tenant == "acme" else 1):
                self.assertEqual(self.call(*CALLS["ingest"], bearer=token(tenant_id=tenant))[0], 200)
        key = self.key(["admin"])["api_key"]
        for credential in ({"bearer": token(tenant_id="acme")}, {"key": key}):
            self.assertEqual(self.call(*CALLS["read"], **credential)[1]["total"], 3)
            self.assertEqual(self.call(*CALLS["read"], tenant="acme", **credential)[1]["total"], 3)
            self.assertEqual(self.call(*CALLS["read"], tenant="zeta", **credential)[0], 403)
            self.assertEqual(self.call("POST", "/admin/tenants", {"tenant_id": "new"}, **credential)[0], 403)
            self.assertEqual({each["tenant"] for each in self.call("GET", "/admin/actors?tenant=zeta", **credential)[1]["actors"]}, {"acme"})
        for tenant, total in (("acme", 3), ("zeta", 1)):
            self.assertEqual(self.call(*CALLS["read"], bearer=token(), tenant=tenant)[1]["total"], total)
        self.assertEqual(self.call("POST", "/admin/tenants", {"tenant_id": "new"}, bearer=token())[0], 200)

    def make_token(self, *arguments, code=0, **variables):
        ended = subprocess.run([BINARY, "make-token", *arguments], env=dict(os.environ, **{"SECRET_KEY": SECRET, **variables}), capture_output=True, text=True, timeout=30)
        self.assertEqual(ended.returncode, code, ended.stderr)
        return ended.stdout.strip() if code == 0 else ended.stderr

    def test_begin_with_a_token_of_the_command_line(self):
        made = self.make_token()
        self.assertEqual(self.call("GET", "/admin/api-keys", bearer=made, tenant="acme")[0], 200)
        bound = json.loads(self.make_token("--tenant-id", "acme", "--scope", "read", "--hours", "1", "--json"))
        self.assertEqual([self.call(*CALLS[each], bearer=bound["token"])[0] for each in CALLS], [403, 200, 403, 403])
        self.assertEqual(self.call(*CALLS["read"], bearer=bound["token"], tenant="zeta")[0], 403)
        claims = json.loads(base64.urlsafe_b64decode(made.split(".")[1] + "=="))
        self.assertAlmostEqual(claims["exp"], time.time() + 24 * 3600, delta=3600)
        self.assertIn("SECRET_KEY", self.make_token(code=2, SECRET_KEY=""))
        self.assertIn("--scope", self.make_token("--scope", "all", code=2))


unittest.main(verbosity=2)
