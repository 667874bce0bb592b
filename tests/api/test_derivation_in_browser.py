"""The page of a derivation, stepped through in a real browser; where there is none, a notice."""

import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import etude as et


def logistic_steps():
    x, w, y = et.matrix("X"), et.vector("w"), et.vector("y")
    z = x @ w
    return et.explain(et.grad(et.sum(et.log(1 + et.exp(z)) - y * z), w))


@pytest.fixture
def browser(tmp_path):
    chromium, driver = (next(filter(None, map(shutil.which, names)), None) for names in (
        ("chromium", "chromium-browser", "google-chrome"), ("chromedriver", "chromium.chromedriver")))  # fmt: skip
    if chromium is None or driver is None:
        pytest.skip("the page is not tried: no chromium with its driver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
                 "disable-component-update", "disable-sync", "disable-dev-shm-usage", f"user-data-dir={tmp_path / 'profile'}"):  # fmt: skip
        options.add_argument(f"--{flag}")
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield found
    found.quit()


def test_derivation_of_the_logistic_gradient_is_stepped_through(browser, tmp_path):
    page, steps = tmp_path / "page.html", logistic_steps()
    steps.html(page)
    browser.get(page.as_uri())

    def shown():
        visible = [part for part in browser.find_elements(By.CSS_SELECTOR, "section") if part.is_displayed()]
        assert len(visible) == 1
        current = browser.find_element(By.CSS_SELECTOR, "[aria-current]").text
        assert current.startswith(visible[0].find_element(By.TAG_NAME, "h2").text.split()[0])
        return int(visible[0].get_attribute("data-step"))

    def where():
        return browser.find_element(By.ID, "where").text

    back, forward = browser.find_element(By.ID, "back"), browser.find_element(By.ID, "forward")
    assert (shown(), where(), back.is_enabled()) == (1, f"step 1 of {len(steps)}", False)
    for number, step in enumerate(steps, 1):
        assert shown() == number
        section = browser.find_element(By.CSS_SELECTOR, f"section[data-step='{number}']")
        assert section.find_element(By.TAG_NAME, "h2").text.split()[0] == step.rule
        assert section.find_elements(By.CSS_SELECTOR, "svg .changed")
        if number < len(steps):
            forward.click()
    assert not forward.is_enabled()
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.ARROW_LEFT)
    assert shown() == len(steps) - 1
    body.send_keys(Keys.ARROW_RIGHT)
    assert shown() == len(steps)
    browser.find_element(By.CSS_SELECTOR, "#list button[data-step='2']").click()
    assert shown() == 2
    assert browser.get_log("browser") == []
