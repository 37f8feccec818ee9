(function (Img2Stl) {
    "use strict";

    const SHOWN = "img2stl-shown";
    const PHONE_PX = 768;

    // OctoPrint's page is 940 px wide on every screen. While this tab is shown, and only then,
    // the style sheet lets it shrink (class on <html>), and a phone is told to show it in its
    // own width, unless a theme has done so already.
    let viewport = null;

    // what the page is painted with behind an element, whatever the theme
    const colorBehind = function (element) {
        for (let at = element; at; at = at.parentElement) {
            const color = window.getComputedStyle(at).backgroundColor;
            if (color && color !== "transparent" && !/, 0\)$/.test(color)) return color;
        }
        return "#fff";
    };

    Img2Stl.fitPage = function (shown) {
        const isPhone = Math.min(window.screen.width, window.screen.height) < PHONE_PX;
        const hasOwn = document.querySelector("meta[name=viewport]:not([data-img2stl])");
        document.documentElement.classList.toggle(SHOWN, shown);
        if (shown && isPhone && !hasOwn && !viewport) {
            viewport = document.createElement("meta");
            viewport.name = "viewport";
            viewport.content = "width=device-width, initial-scale=1";
            viewport.setAttribute("data-img2stl", "");
            document.head.appendChild(viewport);
        } else if (!shown && viewport) {
            // browsers keep the last word until they hear another one
            viewport.content = "width=980";
            viewport.remove();
            viewport = null;
        }
        const tab = document.querySelector(".img2stl");
        if (shown && tab) tab.style.setProperty("--img2stl-page", colorBehind(tab));
        // the row of tabs measures itself on this
        $(window).trigger("resize");
    };
})(window.Img2Stl);
