"""Words can be read: WCAG 2.1, 1.4.3 (AA), of everything that is shown, by day and by night."""

import pytest

from tests.browser.test_looks import ANA

# Words whose contrast with what lies behind them is too low: [words, ratio, wanted]. Luminance as in WCAG 2.1.
TOO_FAINT = """() => {
    const dot = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        dot.clearRect(0, 0, 1, 1);
        dot.fillStyle = colour;
        dot.fillRect(0, 0, 1, 1);
        const [red, green, blue, alpha] = dot.getImageData(0, 0, 1, 1).data;
        return [red, green, blue, alpha / 255];
    };
    const over = (top, under) => [0, 1, 2].map((at) => top[at] * top[3] + under[at] * (1 - top[3]));
    const behind = (element) => {
        const under = element.parentElement === null ? [255, 255, 255] : behind(element.parentElement);
        return over(rgba(getComputedStyle(element).backgroundColor), under);
    };
    const luminance = (colour) => {
        const linear = colour.map((value) => value / 255)
            .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const faint = [];
    let seen = 0;
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].filter((node) => node.nodeType === 3);
        const words = own.map((node) => node.data).join("").trim();
        if (words === "" || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        if (element.closest(":disabled, [aria-disabled=true], svg, option") !== null) continue;
        if (element.getBoundingClientRect().width <= 1) continue; // only to be heard
        seen += 1;
        const { color, fontSize, fontWeight } = getComputedStyle(element);
        const ground = behind(element);
        const [one, two] = [over(rgba(color), ground), ground].map(luminance).sort((a, b) => b - a);
        const ratio = (one + 0.05) / (two + 0.05);
        const size = parseFloat(fontSize);
        const wanted = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5;
        if (ratio < wanted) faint.push([words, Math.round(ratio * 100) / 100, wanted]);
    }
    return { seen, faint };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_of_the_page_can_be_read(boards, invite, scheme):
    ana = invite(boards[0], before=ANA, color_scheme=scheme, reduced_motion="reduce").live()
    ana.draw(300, 300)
    ana.safe()

    def readable(least):
        found = ana.ask(TOO_FAINT)
        assert found["faint"] == []
        assert found["seen"] >= least, "nothing was looked at"

    readable(4)
    for selector in ("#badge", "#people", "#menu", "#pages", "#layers"):
        ana.page.click(selector)
        readable(6)
        ana.press("Escape")
    ana.press("?")
    readable(30)
    ana.press("Escape")
    ana.page.click("#menu")
    ana.page.click("#menu-share")
    ana.until("document.getElementById('share-code').naturalWidth > 100")
    readable(8)
    ana.press("Escape")
    ana.page.click("#menu")
    ana.page.click("#menu-history")
    ana.page.locator("#player").wait_for()
    readable(4)


def test_names_can_be_read_on_the_colours_of_people(boards, invite):
    for colour in (4, 5, 7, 8, 9, 10, 11, 12, 13):
        ana = invite(boards[0], before=ANA.replace("colour: 5", f"colour: {colour}")).live()
        assert ana.ask(TOO_FAINT)["faint"] == [], f"colour {colour}"
        ana.leave()
