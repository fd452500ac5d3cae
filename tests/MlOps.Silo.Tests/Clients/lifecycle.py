"""The whole life of a deployment against a running demo: BASE_URL, API_KEY, PROJECT_ID, MODEL_ID, OLD_MODEL_ID, DEPLOYMENT_ID come from the environment."""
import os

import requests

BASE = os.environ["BASE_URL"]
PROJECT, MODEL, OLD_MODEL, PRODUCTION = (os.environ[name] for name in ("PROJECT_ID", "MODEL_ID", "OLD_MODEL_ID", "DEPLOYMENT_ID"))
session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['API_KEY']}"


def call(status, method, path, **options):
    answer = session.request(method, BASE + path, **options)
    assert answer.status_code == status, (method, path, answer.status_code, answer.text)
    return answer.json()


row = {"amount": 29.99, "merchant_id": 42, "hour": 14}
deployments = f"/api/mlops/projects/{PROJECT}/deployments"

# The demo left its older model in production.
assert call(200, "GET", f"/api/mlops/deployments/{PRODUCTION}")["deployment"]["stage"] == "production"
assert call(200, "GET", f"/api/mlops/deployments/{PRODUCTION}")["model"]["id"] == OLD_MODEL

# Staging, a trial, promotion.
created = call(201, "POST", deployments, json={"model_id": MODEL, "name": "v2-staging", "stage": "staging", "traffic_percent": 100})
new = created["deployment_id"]
assert created["id"] == new and created["stage"] == "staging" and created["is_active"] is True
answer = call(200, "POST", f"/api/mlops/deployments/{new}/predict", json={"inputs": row})
assert answer["predictions"][0]["prediction"] in ("0", "1") and isinstance(answer["latency_ms"], int)
assert call(200, "POST", f"/api/mlops/deployments/{new}/promote", json={"to_stage": "production"})["stage"] == "production"
assert call(409, "POST", f"/api/mlops/deployments/{PRODUCTION}/predict", json={"inputs": row})["detail"]

# The project's address follows production; a batch answers every row.
routed = session.post(f"{BASE}/api/mlops/projects/{PROJECT}/predict", json={"inputs": [row, row | {"hour": 3}]})
assert routed.status_code == 200 and routed.headers["X-Deployment-Id"] == new and routed.headers["X-Route-Reason"] == "production"
assert len(routed.json()["predictions"]) == 2

# Back to the deployment before, then to the model, then off.
assert call(200, "POST", f"/api/mlops/deployments/{new}/rollback", json={"to_deployment_id": PRODUCTION})["ok"] is True
stages = {item["id"]: item["stage"] for item in call(200, "GET", deployments)["items"]}
assert stages[PRODUCTION] == "production" and stages[new] == "archived"
rolled = call(200, "POST", f"/api/mlops/deployments/{new}/rollback", json={"to_model_id": MODEL})
assert rolled["ok"] is True and rolled["deployment_id"] not in (new, PRODUCTION)
assert call(200, "POST", f"/api/mlops/deployments/{rolled['deployment_id']}/deactivate")["ok"] is True
assert call(409, "POST", f"/api/mlops/projects/{PROJECT}/predict", json={"inputs": row})["code"] == "no_production"
actions = [event["action"] for event in call(200, "GET", f"/api/projects/{PROJECT}/timeline")["events"]]
assert "promoted" in actions and "rolled_back" in actions and "deactivated" in actions, actions
print("the whole lifecycle went as it should")
