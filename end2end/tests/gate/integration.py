"""An integration as a customer may write it, with requests only: reads, pages, exports, waits and downloads."""

import os
import time
from urllib.parse import urljoin
from xml.etree import ElementTree

import requests

base, sid, token = (os.environ[name] for name in ("BASE_URL", "ACCOUNT_SID", "AUTH_TOKEN"))
account = f"{base}/Agencies/{sid}"
session = requests.Session()
session.auth = (sid, token)


def get(address, status=200, **more):
    answer = session.get(urljoin(base, address), timeout=30, **more)
    assert answer.status_code == status, (address, answer.status_code, answer.text)
    return answer


# The company profile is the same in JSON and XML.
company = get(f"{account}/CompanyInformation")
assert company.headers["Content-Type"] == "application/json"
assert int(company.headers["X-RateLimit-Remaining"]) < int(company.headers["X-RateLimit-Limit"])
xml = ElementTree.fromstring(get(f"{account}/CompanyInformation", headers={"Accept": "application/xml"}).content)
assert xml.tag == "CompanyInformation"
assert xml.findtext("CompanyName") == company.json()["CompanyName"] != ""

# The pages of advertisers add up to the whole list.
page = get(f"{account}/Advertisers", params={"PageSize": 2})
found = page.json()
while "next" in page.links:
    page = get(page.links["next"]["url"])
    assert 1 <= len(page.json()) <= 2
    found += page.json()
assert found == get(f"{account}/Advertisers").json()
assert len(found) > 2

# A report is exported, waited for and downloaded.
queued = get(f"{account}/ReportExport/audit_log", params={"ResultFormat": "JSON"}).json()
deadline = time.monotonic() + 60
while (job := get(queued["QueuedUri"]).json())["Status"] in ("QUEUED", "RUNNING"):
    assert time.monotonic() < deadline, job
    time.sleep(0.1)
assert job["Status"] == "COMPLETED", job
file = get(queued["ResultUri"])
assert [answer.status_code for answer in file.history] == [302]
assert "audit_log" in file.headers["Content-Disposition"]
assert len(file.json()) == job["RecordsProcessed"] > 0
assert {"Time", "Actor", "Action"} <= file.json()[0].keys()

# All errors have the same form.
assert get(f"{account}/Nothing", 404).json()["Status"] == "ERROR"
session.auth = (sid, token[:-1])
assert get(f"{account}/CompanyInformation", 401).json()["Errors"] == []
print("done")
