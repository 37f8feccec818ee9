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

    // A mesh that somebody brings may be anything: over one of its corners, what is flat from
    // above. {poseOf: back -> pose, lightOf: pose -> direction}
    const FLAT = 0.3; // height by the longer side
    Img2Stl.poseFor = function (size) {
        const lies = size[2] < FLAT * Math.max(size[0], size[1]);
        return {
            poseOf: (back) =>
                lies ? Img2Stl.pose(false, back) : {turn: back ? 210 : 30, tilt: 24},
            lightOf: (pose) =>
                lies ? Img2Stl.lightFor(pose, false) : Img2Stl.lightBeside(pose)
        };
    };

    // From where a place on a mesh is looked at, given the direction out of it: straight on,
    // but not so steeply that nobody knows which way is up.
    const STEEP = 62;
    Img2Stl.poseToward = function (normal, now) {
        const length = Math.hypot(normal[0], normal[1], normal[2]) || 1;
        const [x, y, z] = normal.map((part) => part / length);
        const tilt = Math.asin(Math.max(-1, Math.min(1, z))) / RAD;
        return {
            turn: Math.hypot(x, y) < 0.2 ? now.turn : Math.atan2(x, -y) / RAD,
            tilt: Math.max(-STEEP, Math.min(STEEP, tilt))
        };
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

    // light that comes from over the viewer's left shoulder, from wherever one looks
    Img2Stl.lightBeside = function (pose) {
        const {eye, right, up} = Img2Stl.look(pose);
        return eye.map((part, k) => part - 0.6 * right[k] + 0.7 * up[k]);
    };
})(window.Img2Stl);
