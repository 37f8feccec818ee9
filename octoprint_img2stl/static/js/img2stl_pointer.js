(function (Img2Stl) {
    "use strict";

    // Follows the pointer that was pressed on an element until it is let go.
    //
    // event: Knockout's pointerdown; stage: the element whose width and height count as 1;
    // from: [x, y] where the dragged thing is; move: gets its new x, y, y down
    Img2Stl.drag = function (event, stage, from, move) {
        const pointer = event.originalEvent;
        if (pointer.button > 0) return true;
        const element = event.target;
        const box = stage.getBoundingClientRect();
        const onMove = function (ev) {
            if (ev.pointerId !== pointer.pointerId) return;
            move(
                from[0] + (ev.clientX - pointer.clientX) / box.width,
                from[1] + (ev.clientY - pointer.clientY) / box.height
            );
        };
        const onEnd = function (ev) {
            if (ev.pointerId !== pointer.pointerId) return;
            element.removeEventListener("pointermove", onMove);
            element.removeEventListener("pointerup", onEnd);
            element.removeEventListener("pointercancel", onEnd);
        };
        element.setPointerCapture(pointer.pointerId);
        element.addEventListener("pointermove", onMove);
        element.addEventListener("pointerup", onEnd);
        element.addEventListener("pointercancel", onEnd);
        return true;
    };

    // Marks for whoever measures how long a change takes until it is seen. The detail of
    // both is the number of the change.
    let changes = 0;
    const mark = function (name, number) {
        if (window.performance && performance.mark) {
            performance.mark(name, {detail: number});
        }
    };
    Img2Stl.frames = {
        input: () => mark("img2stl-preview-input", ++changes),
        latest: () => changes,
        painted: (number) => mark("img2stl-preview-painted", number),
        forget: function () {
            if (!window.performance || !performance.clearMarks) return;
            performance.clearMarks("img2stl-preview-input");
            performance.clearMarks("img2stl-preview-painted");
        }
    };
})(window.Img2Stl);
