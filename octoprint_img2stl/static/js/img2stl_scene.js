(function (Img2Stl) {
    "use strict";

    // A three.js view of one solid on the printer's bed. It draws only when something changed.
    Img2Stl.Scene = function (THREE, element) {
        const self = this;
        const renderer = new THREE.WebGLRenderer({alpha: true, antialias: true});
        const canvas = renderer.domElement;
        const scene = new THREE.Scene();
        const camera = new THREE.PerspectiveCamera(35, 1, 1, 5000);
        camera.up.set(0, 0, 1);
        const controls = new THREE.OrbitControls(camera, canvas);
        controls.enablePan = false;
        controls.maxPolarAngle = Math.PI * 0.55;
        // a wheel over the picture scrolls the page until the picture was clicked
        controls.enableZoom = false;
        // a finger going up or down scrolls the page, one going sideways turns the solid
        canvas.style.touchAction = "pan-y";

        const lamp = new THREE.DirectionalLight(0xffffff, 2.9);
        scene.add(new THREE.HemisphereLight(0xffffff, 0x667788, 1.5));
        scene.add(lamp);
        scene.add(lamp.target);

        const matt = new THREE.MeshLambertMaterial({color: 0xf2eee6});
        const shining = new THREE.MeshBasicMaterial({vertexColors: true});
        const lines = new THREE.LineBasicMaterial({transparent: true, opacity: 0.25});
        let solid = null;
        let bed = null;
        let bedKey = "";
        let radius = 100;
        let standing = null;
        let shown = null;
        let middle = 0;
        let asked = false;

        const render = function () {
            asked = false;
            if (!canvas.clientWidth) return;
            renderer.render(scene, camera);
        };
        self.draw = function () {
            if (asked) return;
            asked = true;
            window.requestAnimationFrame(render);
        };

        const resize = function () {
            const width = element.clientWidth;
            const height = element.clientHeight;
            if (!width || !height) return;
            renderer.setPixelRatio(Math.min(2, window.devicePixelRatio || 1));
            renderer.setSize(width, height, false);
            camera.aspect = width / height;
            camera.updateProjectionMatrix();
            // colours follow the theme, which may have changed meanwhile
            lines.color.setStyle(window.getComputedStyle(element).color);
            self.draw();
        };

        self.reset = function () {
            const half = Math.tan((camera.fov * Math.PI) / 360);
            const distance = (1.08 * radius) / half / Math.min(1, camera.aspect || 1);
            const elevation = ((standing ? 12 : 56) * Math.PI) / 180;
            const azimuth = ((standing ? 18 : 0) * Math.PI) / 180;
            controls.target.set(0, 0, middle);
            camera.position.set(
                distance * Math.cos(elevation) * Math.sin(azimuth),
                -distance * Math.cos(elevation) * Math.cos(azimuth),
                middle + distance * Math.sin(elevation)
            );
            controls.minDistance = 0.2 * distance;
            controls.maxDistance = 4 * distance;
            camera.near = distance / 100;
            camera.far = distance * 20;
            camera.updateProjectionMatrix();
            controls.update();
            self.draw();
        };

        const orbit = function (turnDeg, tiltDeg, zoom) {
            const offset = camera.position.clone().sub(controls.target);
            const distance = Math.min(
                controls.maxDistance,
                Math.max(controls.minDistance, offset.length() * zoom)
            );
            const azimuth = Math.atan2(offset.x, -offset.y) + (turnDeg * Math.PI) / 180;
            const tilt =
                Math.asin(offset.z / offset.length()) + (tiltDeg * Math.PI) / 180;
            const elevation = Math.min(1.55, Math.max(-0.15, tilt));
            camera.position.set(
                distance * Math.cos(elevation) * Math.sin(azimuth),
                -distance * Math.cos(elevation) * Math.cos(azimuth),
                middle + distance * Math.sin(elevation)
            );
            controls.update();
            self.draw();
        };
        self.zoom = function (factor) {
            orbit(0, 0, factor);
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
                self.reset();
            } else if (moves[event.key]) {
                orbit.apply(null, moves[event.key]);
            } else {
                return;
            }
            event.preventDefault();
        });
        canvas.addEventListener("focus", () => (controls.enableZoom = true));
        canvas.addEventListener("blur", () => (controls.enableZoom = false));
        canvas.addEventListener("pointerdown", () => canvas.focus({preventScroll: true}));
        canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
        canvas.addEventListener("webglcontextrestored", self.draw);
        controls.addEventListener("change", self.draw);

        self.label = function (text) {
            canvas.setAttribute("aria-label", text);
        };

        // {preview, backlit, machine}
        self.show = function (what) {
            const preview = what.preview;
            if (!shown || shown.preview !== preview || shown.backlit !== what.backlit) {
                const geometry = Img2Stl.buildSolid(THREE, preview);
                if (what.backlit) Img2Stl.paintGlow(THREE, geometry, preview);
                if (solid) {
                    scene.remove(solid);
                    solid.geometry.dispose();
                }
                solid = new THREE.Mesh(geometry, what.backlit ? shining : matt);
                if (preview.standing) {
                    solid.rotation.x = Math.PI / 2;
                    solid.position.z = preview.depth / 2;
                }
                scene.add(solid);
            }
            shown = what;

            const key = JSON.stringify(what.machine || null);
            if (key !== bedKey) {
                bedKey = key;
                if (bed) {
                    scene.remove(bed);
                    bed.geometry.dispose();
                    bed = null;
                }
                if (what.machine) {
                    bed = new THREE.LineSegments(
                        Img2Stl.buildBed(THREE, what.machine),
                        lines
                    );
                    bed.position.z = -0.05;
                    scene.add(bed);
                }
            }

            const size = Math.hypot(preview.width, preview.depth) / 2;
            const jump = size / radius > 1.6 || size / radius < 0.6;
            const refit = standing !== !!preview.standing || jump;
            standing = !!preview.standing;
            middle = standing ? preview.depth / 2 : 0;
            if (refit) {
                radius = size;
                self.reset();
            }
            // low and from the upper left, so that shallow shapes throw visible shade
            if (standing) {
                lamp.position.set(-size, -1.2 * size, middle + size);
            } else {
                lamp.position.set(-1.3 * size, 1.1 * size, 0.9 * size);
            }
            lamp.target.position.set(0, 0, middle);
            lamp.target.updateMatrixWorld();
            self.draw();
        };

        canvas.tabIndex = 0;
        canvas.setAttribute("role", "img");
        canvas.setAttribute("data-test-id", "img2stl-viewer-canvas");
        element.appendChild(canvas);
        if (window.ResizeObserver) {
            new ResizeObserver(resize).observe(element);
        } else {
            $(window).on("resize", resize);
        }
        resize();
    };
})(window.Img2Stl);
