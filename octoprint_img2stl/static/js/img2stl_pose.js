(function (Img2Stl) {
    "use strict";

    const RAD = Math.PI / 180;
    const ROOM = 0.8; // share of the view for the thing itself; the rest is for its labels

    // From where a thing is looked at: what lies from above, what stands from the front.
    // {turn, tilt} in degrees, tilt above the horizon
    Img2Stl.pose = function (standing, back) {
        if (standing) return {turn: back ? 198 : 18, tilt: 12};
        return {turn: 0, tilt: back ? -56 : 56};
    };

    // unit vectors of a look at the origin: to the viewer, to the right, up
    Img2Stl.look = function (pose) {
        const turn = pose.turn * RAD;
        const tilt = pose.tilt * RAD;
        return {
            eye: [
                Math.cos(tilt) * Math.sin(turn),
                -Math.cos(tilt) * Math.cos(turn),
                Math.sin(tilt)
            ],
            right: [Math.cos(turn), Math.sin(turn), 0],
            up: [
                -Math.sin(tilt) * Math.sin(turn),
                Math.sin(tilt) * Math.cos(turn),
                Math.cos(tilt)
            ]
        };
    };

    const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    Img2Stl.dot = dot;

    // the corners of a box of this size about the origin
    const corners = (size) =>
        _.range(8).map((k) => [
            ((k & 1 ? 1 : -1) * size[0]) / 2,
            ((k & 2 ? 1 : -1) * size[1]) / 2,
            ((k & 4 ? 1 : -1) * size[2]) / 2
        ]);

    // how far a camera must be from the middle of a box to see all of it
    // half: tangents of half the camera's angles, across and up
    Img2Stl.distanceFor = (size, look, half) =>
        Math.max.apply(
            null,
            corners(size).map(
                (corner) =>
                    dot(corner, look.eye) +
                    Math.max(
                        Math.abs(dot(corner, look.right)) / half[0],
                        Math.abs(dot(corner, look.up)) / half[1]
                    ) /
                        ROOM
            )
        );

    // pixels for a millimetre so that a box is seen whole without perspective
    Img2Stl.scaleFor = (size, look, width, height) =>
        Math.min.apply(
            null,
            corners(size).map((corner) =>
                Math.min(
                    (ROOM * width) / 2 / (Math.abs(dot(corner, look.right)) || 1e-9),
                    (ROOM * height) / 2 / (Math.abs(dot(corner, look.up)) || 1e-9)
                )
            )
        );

    // Where the light comes from: low from the upper left of what is seen, so that shallow
    // shapes throw visible shade. On a thing that lies, up is away from the viewer.
    Img2Stl.lightFor = function (pose, standing) {
        const turn = pose.turn * RAD;
        const right = [Math.cos(turn), Math.sin(turn)];
        const away = [-Math.sin(turn), Math.cos(turn)];
        const below = pose.tilt < 0 ? -1 : 1;
        const [back, up] = standing ? [-0.55, 0.8] : [0.8 * below, 0.55 * below];
        return [-right[0] + back * away[0], -right[1] + back * away[1], up];
    };
})(window.Img2Stl);
