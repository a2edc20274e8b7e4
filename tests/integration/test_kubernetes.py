"""Files for Kubernetes hold what its published schemas allow, and agree with each other, the package and Spark's submission."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

import kubernetes_validate
import pyspark
import pytest
import yaml

from resonance.runtime.conf import load

TOP = Path(__file__).parents[2]
FOLDER, IMAGES = TOP / "cluster" / "kubernetes", TOP / "cluster" / "images"
DOCUMENTS = [each for path in sorted(FOLDER.glob("*.yaml")) for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
BY_KIND = {each["kind"]: each for each in DOCUMENTS}
LOOP, TRAIN = BY_KIND["SparkApplication"], BY_KIND["Job"]
POD = {
    "template": dict,
    "cores": int,
    "memory": str,
    "memoryOverhead": str,
    "gpu": dict,
    "annotations": dict,
    "volumeMounts": list,
    "tolerations": list,
    "securityContext": dict,
    "serviceAccount": str,
}
APPLICATION: dict[str, Any] = {
    "type": str,
    "sparkVersion": str,
    "mode": str,
    "image": str,
    "mainApplicationFile": str,
    "arguments": list,
    "sparkConf": dict,
    "volumes": list,
    "pythonVersion": str,
    "driver": POD,
    "executor": {**POD, "instances": int, "coreRequest": str},
    "restartPolicy": {
        "type": str,
        "onFailureRetries": int,
        "onFailureRetryInterval": int,
        "onSubmissionFailureRetries": int,
        "onSubmissionFailureRetryInterval": int,
    },
}
"""The fields of a SparkApplication that we use, with their types: as version v1beta2 of the operator's API declares them."""


def check(document: Mapping[str, Any]) -> None:
    """Raise unless the newest schema that Kubernetes published allows the document, and knows each of its keys."""
    kubernetes_validate.validate(dict(document), kubernetes_validate.latest_version(), strict=True)


def as_pod(part: Mapping[str, Any], volumes: list[Any]) -> dict[str, Any]:
    """What the operator takes over from one of its parts into a pod, as a pod."""
    names = ("volumeMounts", "securityContext")
    container = {"name": "spark", "image": "x", **{name: part[name] for name in names if name in part}}
    spec = {"containers": [container], "volumes": volumes, "tolerations": part.get("tolerations", [])}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "annotations": part.get("annotations", {})}, "spec": spec}


def find_strays(given: Mapping[str, Any], known: Mapping[str, Any], place: str = "spec") -> list[str]:
    found = []
    for key, value in given.items():
        if isinstance(known.get(key), dict):
            found += find_strays(value, known[key], f"{place}.{key}")
        elif key not in known or type(value) is not known[key]:
            found.append(f"{place}.{key}")
    return found


def settings(arguments: list[str]) -> list[str]:
    return [given.removeprefix("--set=") for given in arguments if given.startswith("--set=")]


@pytest.mark.parametrize("kind", sorted(set(BY_KIND) - {"SparkApplication"}))
def test_a_document_is_what_its_published_schema_allows(kind: str) -> None:
    check(BY_KIND[kind])
    with pytest.raises(kubernetes_validate.ValidationError):
        check({**BY_KIND[kind], "specs": {}})


def test_an_application_holds_known_fields_and_makes_valid_pods() -> None:
    assert (LOOP["apiVersion"], set(LOOP)) == ("sparkoperator.k8s.io/v1beta2", {"apiVersion", "kind", "metadata", "spec"})
    assert find_strays(LOOP["spec"], APPLICATION) == []
    assert find_strays({"driver": {"core": 1, "memory": 4}}, APPLICATION) == ["spec.driver.core", "spec.driver.memory"]
    for part in (LOOP["spec"]["driver"], LOOP["spec"]["executor"]):
        check(as_pod(part, LOOP["spec"]["volumes"]))
    with pytest.raises(kubernetes_validate.ValidationError):
        check(as_pod({"volumeMounts": [{"name": "workspace", "mountpath": "/workspace"}]}, LOOP["spec"]["volumes"]))


def test_names_agree_with_each_other_and_with_the_package() -> None:
    account, claim = BY_KIND["ServiceAccount"]["metadata"]["name"], BY_KIND["PersistentVolumeClaim"]["metadata"]["name"]
    pod = TRAIN["spec"]["template"]["spec"]
    assert BY_KIND["RoleBinding"]["subjects"][0]["name"] == BY_KIND["RoleBinding"]["roleRef"]["name"] == account
    assert {pod["serviceAccountName"], LOOP["spec"]["driver"]["serviceAccount"]} == {account}
    claims = [
        each["persistentVolumeClaim"] for each in (*pod["volumes"], *LOOP["spec"]["volumes"]) if "persistentVolumeClaim" in each
    ]
    assert claims == [{"claimName": claim}] * 2
    assert LOOP["spec"]["sparkVersion"] == version("pyspark")
    assert (TOP / LOOP["spec"]["mainApplicationFile"].removeprefix("local:///opt/resonance/")).is_file()
    properties = (FOLDER / "spark.properties").read_text(encoding="utf-8")
    assert len(re.findall(rf"claimName +{claim}$", properties, re.MULTILINE)) == 2
    assert re.search(rf"serviceAccountName +{account}$", properties, re.MULTILINE)


def test_each_rank_has_its_gpu_and_settings_are_known() -> None:
    container = TRAIN["spec"]["template"]["spec"]["containers"][0]
    alone = load(assignments=settings(container["args"]))
    assert (alone.train.ranks, alone.train.launch) == (container["resources"]["limits"]["nvidia.com/gpu"], "horovod")
    many = load("cluster", assignments=settings(LOOP["spec"]["arguments"]))
    executor = LOOP["spec"]["executor"]
    assert (many.train.ranks, many.train.launch) == (executor["instances"] * executor["gpu"]["quantity"], "spark")


def test_no_file_holds_a_secret_and_no_container_is_root() -> None:
    assert not {"Secret"} & set(BY_KIND)
    texts = [path.read_text(encoding="utf-8") for folder in (FOLDER, IMAGES) for path in folder.iterdir()]
    assert [
        found for text in texts for found in re.findall(r"(?i)(?:password|secret_key|access_key|token)\s*[:=]\s*\S+", text)
    ] == ["Token: false"]
    pod = TRAIN["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert all(LOOP["spec"][part]["securityContext"]["runAsNonRoot"] for part in ("driver", "executor"))


def test_an_executor_runs_one_rank_which_has_its_gpu() -> None:
    executor = LOOP["spec"]["executor"]
    assert (executor["cores"], executor["gpu"]["quantity"]) == (1, 1)
    assert f"--set=train.ranks={executor['instances']}" in LOOP["spec"]["arguments"]


def test_the_image_is_made_of_what_is_there_and_ends_as_no_root() -> None:
    text = (IMAGES / "Dockerfile").read_text(encoding="utf-8")
    copied = [name for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for name in line.split()]
    assert len(copied) > 8
    assert [name for name in copied if not (TOP / name).exists()] == []
    ignored = (TOP / ".dockerignore").read_text(encoding="utf-8").splitlines()
    admitted = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert {name for name in copied if name not in admitted and not any(name.startswith(f"{one}/") for one in admitted)} == set()
    extras = set(tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"])
    assert {name for found in re.findall(r"'\.\[([\w,]+)\]'", text) for name in found.split(",")} <= extras
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
    assert [re.findall(r"^USER (\S+)$", stage, re.MULTILINE)[-1] for stage in stages] == ["185", "185"]
    assert re.findall(r'^ENTRYPOINT .*"(\S+)"\]$', text, re.MULTILINE) == ["/opt/entrypoint.sh"]
    assert (IMAGES / "entrypoint.sh").is_file()


@pytest.mark.parametrize(
    ("given", "called"),
    [
        (["run", "--rounds", "1"], ["resonance", "run", "--rounds", "1"]),
        ([], ["resonance"]),
        (
            ["driver", "--properties-file", "/opt/p", "local:///x.py", "a b"],
            ["spark-submit", "--deploy-mode", "client", "--conf", "spark.driver.bindAddress=10.0.0.1", "--conf"]
            + ["spark.executorEnv.SPARK_DRIVER_POD_IP=10.0.0.1", "--properties-file", "/opt/p", "local:///x.py", "a b"],
        ),
        (
            ["executor"],
            ["java", "-Done=1", "-Dtwo=a b", "-Xms8g", "-Xmx8g", "-cp", "HOME/conf:HOME/jars/*"]
            + [
                "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
                "--driver-url",
                "spark://d",
                "--executor-id",
                "3",
            ]
            + ["--cores", "4", "--app-id", "app", "--hostname", "10.0.0.2", "--resourceProfileId", "0", "--podName", "exec-3"],
        ),
    ],
)
def test_a_pod_runs_what_spark_or_a_person_asks_for(given: list[str], called: list[str], tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("java", "spark-submit", "resonance"):
        program = tmp_path / "bin" / name
        program.write_text('#!/bin/sh\nprintf "%s\\n" "$(basename "$0")" "$@"\n')
        program.chmod(0o755)
    spark = {"SPARK_HOME": str(tmp_path), "SPARK_DRIVER_BIND_ADDRESS": "10.0.0.1", "SPARK_EXECUTOR_MEMORY": "8g"}
    spark |= {"SPARK_DRIVER_URL": "spark://d", "SPARK_EXECUTOR_ID": "3", "SPARK_EXECUTOR_CORES": "4", "SPARK_APPLICATION_ID": "app"}
    spark |= {"SPARK_EXECUTOR_POD_IP": "10.0.0.2", "SPARK_RESOURCE_PROFILE_ID": "0", "SPARK_EXECUTOR_POD_NAME": "exec-3"}
    spark |= {"SPARK_JAVA_OPT_0": "-Done=1", "SPARK_JAVA_OPT_1": "-Dtwo=a b", "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    done = subprocess.run(["sh", str(IMAGES / "entrypoint.sh"), *given], env=spark, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [word.replace("HOME", str(tmp_path)) for word in called]


@contextmanager
def serve_api() -> Iterator[tuple[str, dict[str, Any]]]:
    """An API server that takes whatever it is given; its address, and what it was given, by kind."""
    taken: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, code: int, body: Mapping[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def take(self) -> None:
            given = yaml.safe_load(self.rfile.read(int(self.headers["Content-Length"])))
            made = {"uid": "1", "resourceVersion": "1", "creationTimestamp": "2026-01-01T00:00:00Z"}
            given["metadata"] |= {"namespace": self.path.split("/")[4], **made}
            taken[given["kind"]] = given
            self.answer(201, given)

        def do_GET(self) -> None:  # noqa: N802
            self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})

        def log_message(self, *_: object) -> None:
            pass

        do_POST = do_PATCH = do_PUT = take  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"k8s://http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_spark_makes_of_the_submission_a_driver_that_is_valid_and_ours(tmp_path: Path) -> None:
    home = str(Path(pyspark.__file__).parent)
    properties = tmp_path / "spark.properties"
    own = (FOLDER / "spark.properties").read_text(encoding="utf-8")
    properties.write_text(f"{own}spark.kubernetes.submission.waitAppCompletion false\n", encoding="utf-8")
    with serve_api() as (master, taken):
        names = {"MASTER": master, "IMAGE": "here/resonance:1", "NAMESPACE": "texts", "PROPERTIES": str(properties)}
        command = ["sh", str(FOLDER / "submit.sh"), "loop", "--set", "ingest.inputs=[/workspace/a b]"]
        environment = {
            **os.environ,
            **names,
            "SPARK_HOME": home,
            "SPARK_SUBMIT": f"{home}/bin/spark-submit",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    pod = taken["Pod"]
    check({key: value for key, value in pod.items() if key != "status"})
    (container,) = pod["spec"]["containers"]
    assert (container["image"], pod["spec"]["serviceAccountName"], pod["metadata"]["namespace"]) == (
        "here/resonance:1",
        "resonance",
        "texts",
    )
    assert container["args"][0] == "driver"
    assert container["args"][-3:] == ["/workspace/main", "--set", "ingest.inputs=[/workspace/a b]"]
    assert "local:///opt/resonance/jobs/loop.py" in container["args"]
    assert {"name": "workspace", "mountPath": "/workspace"}.items() <= next(
        mount for mount in container["volumeMounts"] if mount["name"] == "workspace"
    ).items()
    assert container["resources"]["requests"]["memory"] == "8192Mi"
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == "4040"
    told = taken["ConfigMap"]["data"]["spark.properties"]
    assert "spark.kubernetes.executor.volumes.persistentVolumeClaim.workspace.options.claimName=resonance" in told
    assert re.search(r"^spark\.executor\.instances=4$", told, re.MULTILINE)
