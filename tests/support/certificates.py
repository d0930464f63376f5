"""An authority of one's own, and what it signs, made by the openssl command."""

import subprocess


def run(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Authority:
    def __init__(self, folder, name="test"):
        self.folder, self.name = folder, name
        self.certificate, self.key = f"{folder}/{name}-ca.pem", f"{folder}/{name}-ca.key"
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name} authority", "-keyout", self.key, "-out", self.certificate)

    def sign(self, name, hosts="IP:127.0.0.1", days=2, usage="serverAuth,clientAuth"):
        """The settings of a node with a certificate for these hosts."""
        own = f"{self.folder}/{self.name}-{name}"
        run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-keyout", own + ".key", "-out", own + ".csr")
        with open(own + ".ext", "w") as extensions:
            extensions.write(f"subjectAltName={hosts}\nextendedKeyUsage={usage}\n")
        run("x509", "-req", "-in", own + ".csr", "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", str(days), "-extfile", own + ".ext", "-out", own + ".pem")
        return {"PEER_CERTIFICATE_FILE": own + ".pem", "PEER_KEY_FILE": own + ".key", "PEER_CA_FILE": self.certificate}
