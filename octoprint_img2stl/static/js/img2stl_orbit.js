(function (Img2Stl) {
    "use strict";

    const STEEPEST = 85; // degrees

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
        let standing = false;
        self.camera = camera;

        const half = () => Math.tan((camera.fov * Math.PI) / 360);
        const offset = () => camera.position.clone().sub(controls.target);

        self.resize = function (width, height) {
            camera.aspect = width / height;
            camera.updateProjectionMatrix();
        };
        const put = function (pose, distance) {
            const {eye} = Img2Stl.look(pose);
            controls.target.set(0, 0, size[2] / 2);
            camera.position.set(
                distance * eye[0],
                distance * eye[1],
                distance * eye[2] + size[2] / 2
            );
            controls.update();
            drawn();
        };
        self.pose = function () {
            const at = offset();
            return {
                turn: (Math.atan2(at.x, -at.y) * 180) / Math.PI,
                tilt: (Math.asin(at.z / at.length()) * 180) / Math.PI
            };
        };

        // looks at a thing of this size so that all of it is seen
        self.frame = function (newSize, isStanding, back) {
            size = newSize;
            standing = isStanding;
            const pose = Img2Stl.pose(standing, back);
            const distance = Img2Stl.distanceFor(size, Img2Stl.look(pose), [
                half() * camera.aspect,
                half()
            ]);
            controls.minDistance = 0.1 * distance;
            controls.maxDistance = 4 * distance;
            camera.near = distance / 200;
            camera.far = distance * 20;
            camera.updateProjectionMatrix();
            put(pose, distance);
        };
        // the thing changed a little: the view stays
        self.keep = function (newSize) {
            if (newSize[2] === size[2]) {
                size = newSize;
                return;
            }
            const pose = self.pose();
            const distance = offset().length();
            size = newSize;
            put(pose, distance);
        };
        self.reset = (back) => self.frame(size, standing, back);

        const move = function (turn, tilt, zoom) {
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
    };
})(window.Img2Stl);
