"""The manifests of cluster/kubernetes/ have the fields that Kubernetes and KubeRay know."""

import kubernetes_validate
import pytest
import yaml

from tests.support.places import ROOT

MANIFESTS = {path.stem: path for path in sorted((ROOT / "cluster" / "kubernetes").glob("*.yaml"))}
KUBERNETES = "1.33"
# The fields of KubeRay's kinds that the manifests may use, and their types, from the custom resource definitions in
# helm-chart/kuberay-operator/crds of https://github.com/ray-project/kuberay (v1.7.0, Apache-2.0). {str} is a map.
CLUSTER = {
    "rayVersion": str,
    "authOptions": {"mode": str},
    "enableInTreeAutoscaling": bool,
    "autoscalerOptions": {"idleTimeoutSeconds": int},
    "headGroupSpec": {"rayStartParams": {str}, "template": "pod"},
    "workerGroupSpecs": [
        {
            "groupName": str,
            "replicas": int,
            "minReplicas": int,
            "maxReplicas": int,
            "rayStartParams": {str},
            "template": "pod",
        }
    ],
}
KINDS = {
    "RayCluster": CLUSTER,
    "RayJob": {
        "entrypoint": str,
        "shutdownAfterJobFinishes": bool,
        "ttlSecondsAfterFinished": int,
        "activeDeadlineSeconds": int,
        "rayClusterSpec": CLUSTER,
    },
    "RayService": {"serveConfigV2": str, "rayClusterConfig": CLUSTER},
}
pytestmark = pytest.mark.parametrize("name", ["ray-cluster", "ray-job", "ray-service"])


def check(value, known, path, pods):
    """Compare a value with the known fields, and collect its pods."""
    if known == "pod":
        pods.append(value)
    elif isinstance(known, list):
        for item in value:
            check(item, known[0], path, pods)
    elif isinstance(known, dict):
        assert value.keys() <= known.keys(), f"{path} has unknown fields"
        for key, inner in value.items():
            check(inner, known[key], f"{path}.{key}", pods)
    elif isinstance(known, set):
        assert all(isinstance(inner, str) for inner in value.values()), f"{path} is a map of strings"
    else:
        assert type(value) is known, f"{path} is not a {known.__name__}"


def test_manifest_has_fields_that_kubernetes_and_kuberay_know(name):
    manifest, pods = yaml.safe_load(MANIFESTS[name].read_text()), []
    assert manifest.keys() == {"apiVersion", "kind", "metadata", "spec"}
    assert manifest["apiVersion"] == "ray.io/v1"
    check(manifest["spec"], KINDS[manifest["kind"]], "spec", pods)
    assert len(pods) == 2
    for pod in pods:
        kind = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}}
        kubernetes_validate.validate(kind | pod, KUBERNETES, strict=True)
        [container] = pod["spec"]["containers"]
        assert container["resources"]["requests"] == container["resources"]["limits"]
        wrong = kind | {"spec": {"containers": [container | {"imagine": "a field"}]}}
        with pytest.raises(kubernetes_validate.ValidationError, match="imagine"):
            kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_manifest_agrees_with_the_rest_of_the_repository(name):
    text = MANIFESTS[name].read_text()
    [ray] = [line for line in (ROOT / "requirements-core.txt").read_text().splitlines() if line.startswith("ray[")]
    version = ray.partition("==")[2]
    assert text.count(f"rayVersion: {version}\n") == text.count("rayVersion") == 1
    assert f"FROM rayproject/ray:{version}-" in (ROOT / "cluster" / "kubernetes" / "Dockerfile").read_text()
    if name == "ray-service":
        deployed = yaml.safe_load((ROOT / "cluster" / "serve_config.yaml").read_text())
        inside = yaml.safe_load(yaml.safe_load(text)["spec"]["serveConfigV2"])
        assert inside["applications"] == deployed["applications"]
