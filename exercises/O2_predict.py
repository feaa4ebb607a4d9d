"""Before you run the file, predict the state of two accounts.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=O2_predict
Look:  O2_actors.py, all of it
Time:  8 minutes
"""

import os

import ray

PREDICTED = {"two accounts": None, "one account": None, "after an error": None, "length": None}  # TODO


@ray.remote
class Account:
    """Holds money, and keeps a list of its balances."""

    def __init__(self):
        self.balances = [0]

    def pay_in(self, amount):
        """Add an amount, then raise ValueError if the balance is above 100. Otherwise return the balance."""
        self.balances.append(self.balances[-1] + amount)
        if self.balances[-1] > 100:
            raise ValueError("too rich")
        return self.balances[-1]

    def get_balances(self):
        """Return the initial balance and the balance after each payment, as a list."""
        return self.balances


def outcomes():
    """Return the results of the four steps."""
    account, other = Account.remote(), Account.remote()
    found = {"two accounts": ray.get([account.pay_in.remote(5), other.pay_in.remote(5)])}
    found["one account"] = ray.get([account.pay_in.remote(1) for _ in range(3)])
    try:
        ray.get(account.pay_in.remote(200))
    except ValueError:
        found["after an error"] = ray.get(account.get_balances.remote())[-1]
    ray.get(account.get_balances.remote()).clear()
    return found | {"length": len(ray.get(account.get_balances.remote()))}


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
