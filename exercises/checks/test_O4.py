"""Checks of the exercises on serving."""

import requests

from exercises.checks.serving import compare_served, served
from tools.language import say

ROOTS = [(4, 2.0), (0.25, 0.5), (0, 0.0)]
NO_ROOTS = [{"value": -1}, {"value": -0.25}, {"value": "four"}, {}]


def test_O4_reject(answer, watch):
    http = requests.Session()
    http.trust_env = False
    with served(answer.app, watch) as url:
        roots = [http.post(f"{url}/root", json={"value": value}) for value, _ in ROOTS]
        others = [http.post(f"{url}/root", json=body).status_code for body in NO_ROOTS]
    for (value, root), found in zip(ROOTS, roots):
        assert found.status_code == 200, say(
            f"{value} got status {found.status_code}. It should get 200, because it has a square root.",
            f"{value} 得到的状态码是 {found.status_code}，应该是 200：它有平方根。",
        )
        assert found.json() == {"root": root}, say(
            f'The response to {value} is {found.json()!r}. It should be {{"root": {root}}}.',
            f'{value} 得到的响应是 {found.json()!r}，正确的是 {{"root": {root}}}。',
        )
    for body, status in zip(NO_ROOTS, others):
        assert status != 500, say(
            f"The body {body} got status 500: FastAPI accepted it, and root() raised an error. Declare in Number which "
            "values are valid.",
            f"请求体为 {body} 时，状态码是 500：FastAPI 放行了它，root() 抛出了异常。请在 Number 里写明哪些值有效。",
        )
        assert status != 200, say(
            f"The body {body} got status 200, so a client would take the response for a square root. It should "
            "get 422.",
            f"请求体为 {body} 时，状态码是 200，客户端会把响应当成平方根。应该是 422。",
        )
        assert status == 422, say(
            f"The body {body} got status {status}. FastAPI rejects invalid input with 422.",
            f"请求体为 {body} 时，状态码是 {status}。FastAPI 拒绝无效输入时返回 422。",
        )


def test_O4_predict(answer, watch):
    compare_served(answer, watch)
