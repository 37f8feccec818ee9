(function (Img2Stl) {
    "use strict";

    const STEP = 1.4; // of a key
    const MOVE = 0.1; // of the picture, of an arrow key
    const WHEEL = 0.0015; // of a pixel that is scrolled
    const PINCH = 0.01; // the same where two fingers on a touchpad do it

    // Moves and zooms what a canvas shows: wheel, drag, two fingers, keys.
    //
    // act: {zoom: (factor, x, y), move: (x, y), reset} in pixels of the canvas; zoom without
    // a place zooms the middle
    Img2Stl.handle = function (canvas, act) {
        // of one finger; whoever shows more than fits sets it to "none"
        canvas.style.touchAction = "pan-y";

        const across = (x, y) => act.move(x * MOVE * canvas.width, y * MOVE * canvas.height);
        const keys = {
            "+": () => act.zoom(STEP),
            "=": () => act.zoom(STEP),
            "-": () => act.zoom(1 / STEP),
            0: act.reset,
            Home: act.reset,
            ArrowLeft: () => across(1, 0),
            ArrowRight: () => across(-1, 0),
            ArrowUp: () => across(0, 1),
            ArrowDown: () => across(0, -1)
        };
        canvas.addEventListener("keydown", function (event) {
            if (event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
            keys[event.key]();
            event.preventDefault();
        });

        const place = function (event) {
            const box = canvas.getBoundingClientRect();
            const ratio = canvas.width / box.width;
            return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
        };
        const onWheel = function (event) {
            // over a picture that was not clicked the wheel scrolls the page
            if (!event.ctrlKey && document.activeElement !== canvas) return;
            event.preventDefault();
            const way = event.ctrlKey ? PINCH : WHEEL;
            const [x, y] = place(event);
            act.zoom(Math.exp(-event.deltaY * way), x, y);
        };
        canvas.addEventListener("wheel", onWheel, {passive: false});

        const pressed = new Map(); // number of a pointer -> where it was last
        const middle = function () {
            const all = [...pressed.values()];
            const mean = (k) => all.reduce((sum, each) => sum + each[k] / all.length, 0);
            const [one, other] = all;
            const apart = other ? Math.hypot(one[0] - other[0], one[1] - other[1]) : 0;
            return {x: mean(0), y: mean(1), apart: apart};
        };
        canvas.addEventListener("pointerdown", function (event) {
            if (event.button > 0) return;
            canvas.focus({preventScroll: true});
            canvas.setPointerCapture(event.pointerId);
            pressed.set(event.pointerId, place(event));
        });
        canvas.addEventListener("pointermove", function (event) {
            if (!pressed.has(event.pointerId)) return;
            const from = middle();
            pressed.set(event.pointerId, place(event));
            const to = middle();
            act.move(to.x - from.x, to.y - from.y);
            if (from.apart && to.apart) act.zoom(to.apart / from.apart, to.x, to.y);
        });
        const letGo = (event) => pressed.delete(event.pointerId);
        canvas.addEventListener("pointerup", letGo);
        canvas.addEventListener("pointercancel", letGo);
    };
})(window.Img2Stl);
