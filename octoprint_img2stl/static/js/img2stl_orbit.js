(function (Img2Stl) {
    "use strict";

    const STEEPEST = 85; // degrees
    const FLIGHT_MS = 550;
    const NEAR = 0.3; // of the distance at which all is seen: as near as a look at a place goes
    const ROOM = 2; // what is seen around that place, in its radius

    // whether the owner asked the system to spare them movement
    Img2Stl.wantsStillness = () =>
        window.matchMedia("(prefers-reduced-motion: reduce)").matches;

    // The camera around a thing: pointer, keys and buttons turn it and zoom.
    // drawn: is called when the view has changed
    Img2Stl.Orbit = function (THREE, canvas, drawn) {
        const self = this;
        const camera = new THREE.PerspectiveCamera(35, 1, 1, 5000);
        camera.up.set(0, 0, 1);
        const controls = new THREE.OrbitControls(camera, canvas);
        controls.enablePan = false;
        controls.maxPolarAngle = Math.PI * 0.97;
        // a wheel over the picture scrolls the page until the picture was clicked
        controls.enableZoom = false;
        // a finger going up or down scrolls the page, one going sideways turns the thing
        canvas.style.touchAction = "pan-y";
        controls.addEventListener("change", drawn);

        let size = [100, 100, 10];
        let centre = [0, 0, 5]; // what the camera turns around
        let home = 100; // the distance at which all is seen
        let poseOf = null; // back -> {turn, tilt}
        let flight = null;
        self.camera = camera;

        const half = () => Math.tan((camera.fov * Math.PI) / 360);
        const offset = () => camera.position.clone().sub(controls.target);

        self.resize = function (width, height) {
            camera.aspect = width / height;
            camera.updateProjectionMatrix();
        };
        const put = function (pose, distance) {
            const {eye} = Img2Stl.look(pose);
            controls.target.set(centre[0], centre[1], centre[2]);
            camera.position.set(
                distance * eye[0] + centre[0],
                distance * eye[1] + centre[1],
                distance * eye[2] + centre[2]
            );
            controls.update();
            drawn();
        };
        const land = function () {
            if (flight) window.cancelAnimationFrame(flight);
            flight = null;
        };
        controls.addEventListener("start", land);
        self.pose = function () {
            const at = offset();
            return {
                turn: (Math.atan2(at.x, -at.y) * 180) / Math.PI,
                tilt: (Math.asin(at.z / at.length()) * 180) / Math.PI
            };
        };

        // looks at a thing of this size so that all of it is seen
        // newPoseOf: back -> from where
        self.frame = function (newSize, newPoseOf, back) {
            land();
            size = newSize;
            poseOf = newPoseOf;
            centre = [0, 0, size[2] / 2];
            const pose = poseOf(back);
            const distance = Img2Stl.distanceFor(size, Img2Stl.look(pose), [
                half() * camera.aspect,
                half()
            ]);
            home = distance;
            controls.minDistance = 0.1 * distance;
            controls.maxDistance = 4 * distance;
            camera.near = distance / 200;
            camera.far = distance * 20;
            camera.updateProjectionMatrix();
            put(pose, distance);
        };
        // the thing changed a little: the view stays
        self.keep = function (newSize) {
            const inMiddle = !centre[0] && !centre[1] && centre[2] === size[2] / 2;
            const same = newSize[2] === size[2];
            size = newSize;
            if (same || !inMiddle || flight) return;
            const pose = self.pose();
            const distance = offset().length();
            centre = [0, 0, size[2] / 2];
            put(pose, distance);
        };
        self.reset = (back) => self.frame(size, poseOf, back);

        // Turns to a place, {centre, normal, radius}, so that it is seen straight on with
        // something around it.
        self.lookAt = function (place) {
            land();
            const narrow = half() * Math.min(1, camera.aspect);
            const from = {pose: self.pose(), far: offset().length(), centre: centre};
            const to = {
                pose: Img2Stl.poseToward(place.normal, from.pose),
                far: Math.min(
                    home,
                    Math.max(NEAR * home, (ROOM * place.radius) / narrow)
                ),
                centre: place.centre
            };
            const turn = ((to.pose.turn - from.pose.turn + 540) % 360) - 180;
            const at = function (share) {
                const mix = (a, b) => a + share * (b - a);
                centre = from.centre.map((part, k) => mix(part, to.centre[k]));
                put(
                    {
                        turn: from.pose.turn + share * turn,
                        tilt: mix(from.pose.tilt, to.pose.tilt)
                    },
                    from.far * Math.pow(to.far / from.far, share)
                );
            };
            if (Img2Stl.wantsStillness()) {
                at(1);
                return;
            }
            let start = null;
            const fly = function (now) {
                start = start === null ? now : start;
                const share = Math.min(1, (now - start) / FLIGHT_MS);
                at(share * share * (3 - 2 * share));
                flight = share < 1 ? window.requestAnimationFrame(fly) : null;
            };
            flight = window.requestAnimationFrame(fly);
        };

        const move = function (turn, tilt, zoom) {
            land();
            const pose = self.pose();
            const distance = offset().length() * zoom;
            put(
                {
                    turn: pose.turn + turn,
                    tilt: Math.min(STEEPEST, Math.max(-STEEPEST, pose.tilt + tilt))
                },
                Math.min(controls.maxDistance, Math.max(controls.minDistance, distance))
            );
        };
        self.zoom = (factor) => move(0, 0, factor);

        // pixels for a millimetre in the middle of the thing
        self.pixelsPerMm = () => canvas.clientHeight / (2 * half() * offset().length());
        // where a point is on the canvas, pixels
        const at = new THREE.Vector3();
        self.project = function (point) {
            at.set(point[0], point[1], point[2]).project(camera);
            return [
                ((at.x + 1) / 2) * canvas.clientWidth,
                ((1 - at.y) / 2) * canvas.clientHeight
            ];
        };
        // the ray through a point of the canvas: where it starts, and its direction
        self.ray = function (x, y) {
            at.set(
                (2 * x) / canvas.clientWidth - 1,
                1 - (2 * y) / canvas.clientHeight,
                0.5
            );
            at.unproject(camera).sub(camera.position).normalize();
            return [camera.position.toArray(), at.toArray()];
        };

        const moves = {
            ArrowLeft: [10, 0, 1],
            ArrowRight: [-10, 0, 1],
            ArrowUp: [0, 10, 1],
            ArrowDown: [0, -10, 1],
            "+": [0, 0, 1 / 1.2],
            "-": [0, 0, 1.2]
        };
        canvas.addEventListener("keydown", function (event) {
            if (event.ctrlKey || event.altKey || event.metaKey) return;
            if (event.key === "Home") {
                self.reset(false);
            } else if (moves[event.key]) {
                move.apply(null, moves[event.key]);
            } else {
                return;
            }
            event.preventDefault();
        });
        canvas.addEventListener("focus", () => (controls.enableZoom = true));
        canvas.addEventListener("blur", () => (controls.enableZoom = false));
        canvas.addEventListener("pointerdown", () => canvas.focus({preventScroll: true}));

        self.dispose = function () {
            land();
            controls.dispose();
        };
    };
})(window.Img2Stl);
