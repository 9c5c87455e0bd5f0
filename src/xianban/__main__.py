from xianban.config.cli import main

if __name__ == "__main__":
    main()
